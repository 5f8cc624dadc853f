import { call } from '../api/client';
import type { Picture } from '../api/types';
import { bytes } from '../model/format';
import { drop, type Target } from '../model/pictures';
import { doc, updateAndSay } from './form';
import { say } from './messages';
import { server } from './server';
import { ui } from './ui';

/** Uploads pictures and lets them change the form; says what happened. */
export async function dropFiles(files: File[], target: Target): Promise<void> {
  const { boot } = server.get();
  if (!boot || files.length === 0) return;
  const pictures: Picture[] = [];
  for (const file of files) {
    if (file.size > boot.limits.upload_bytes) {
      const limit = bytes(boot.limits.upload_bytes);
      say(`${file.name} has ${bytes(file.size)}; at most ${limit} are taken.`, { kind: 'error' });
      continue;
    }
    try {
      pictures.push(await call<Picture>('POST', '/pictures', { body: file }));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      say(`${file.name}: ${why}`, { kind: 'error' });
    }
  }
  if (pictures.length === 0) return;
  const models = boot.models.flatMap((model) => [model.title, model.name, model.hash ?? '']);
  const dropped = drop(doc(), pictures, target, models);
  updateAndSay(dropped.doc, dropped.lines.join(' '));
  if (dropped.stage !== null) ui.set({ stage: dropped.stage });
  if (dropped.doc.values.init_image)
    ui.set({ openSections: [...new Set([...ui.get().openSections, 'init'])] });
}

/** Takes a file as the init picture, whatever is written in it. */
export async function chooseInitPicture(file: File): Promise<string | null> {
  try {
    const picture = await call<Picture>('POST', '/pictures', { body: file });
    return picture.init_image;
  } catch (error) {
    say(`${file.name}: ${error instanceof Error ? error.message : String(error)}`, {
      kind: 'error',
    });
    return null;
  }
}

/** Pictures among what is dragged. */
export function draggedFiles(event: DragEvent): File[] {
  return Array.from(event.dataTransfer?.files ?? []);
}

export function dragsFiles(event: DragEvent): boolean {
  return Array.from(event.dataTransfer?.types ?? []).includes('Files');
}
