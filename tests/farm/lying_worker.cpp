// A worker that lies: takes work of every run and sends rubbish for it, each time another kind,
// says that it is done, and goes on. For test_nats. usage: lying_worker URL USER PASSWORD NAME

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>

#include <unistd.h>

#include "base/files.h"
#include "base/sha256.h"
#include "farm/nats_client.h"
#include "farm/nats_messages.h"
#include "farm/nats_objects.h"
#include "ptravel/error.h"

namespace {

using namespace ptravel;

std::string frame_name(std::int64_t frame) {
  char text[32];
  std::snprintf(text, sizeof text, "%05lld.png", static_cast<long long>(frame));
  return *object_name(text, new_nuid());
}

/// Says something else than what is there.
void put_lie(NatsClient& client, const RunNames& names, ObjectInfo info, const std::string& bytes) {
  client.publish(names.chunks(info.nuid), bytes);
  client.publish(names.info(info.name), to_json(info));
}

void lie(NatsClient& client,
         const RunNames& names,
         const std::string& name,
         std::int64_t frame,
         int kind) {
  const std::string junk(1000, 'x');
  ObjectInfo info{frame_name(frame), names.bucket(), new_nuid(), junk.size(), 1,
                  sha256_of(junk),   name,           frame};
  switch (kind % 8) {
    case 0:
      put_object(client, names, frame_name(frame), junk, name, frame);
      break;
    case 1:
      info.sha256 = std::string(64, '0');
      put_lie(client, names, info, junk);
      break;
    case 2:
      info.chunks = 1'000'000;
      put_lie(client, names, info, junk);
      break;
    case 3:
      info.size = std::uint64_t{1} << 32;
      put_lie(client, names, info, junk);
      break;
    case 4:
      info.name = "../../../../tmp/frame-00001.png";
      put_lie(client, names, info, junk);
      break;
    case 5:
      put_object(client, names, frame_name(frame + 1'000'000), junk, name, frame);
      break;
    case 6:
      client.publish(names.info("x"), std::string(5000, '['));
      client.publish(names.reports(), "{\"kind\":7}");
      break;
    default:
      // Somebody else's whole frame under a number that is not its own.
      const auto other = client.last(names.objects_stream(), names.info("travel.json"));
      put_object(client, names, frame_name(frame), other ? other->data() : junk, name, frame);
      put_object(client, names, "walk." + new_nuid(), std::string(3000, '['), name, frame);
      put_object(client, names, "embryo." + new_nuid(), junk, name, frame);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    return 2;
  }
  const std::filesystem::path password = "lying_worker." + std::to_string(::getpid());
  try {
    write_file_atomic(std::filesystem::temp_directory_path() / password, argv[3]);
    NatsLogin login;
    login.url = argv[1];
    login.user = argv[2];
    login.password_file = std::filesystem::temp_directory_path() / password;
    NatsClient client(login, argv[4]);
    std::filesystem::remove(login.password_file);
    const std::string name = argv[4];
    for (int kind = 0;;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(400));
      try {
        for (const std::string& subject : client.subjects(kRunsStream, kRunsSubjects)) {
          const RunNames names(subject.substr(subject.rfind('.') + 1));
          NatsPuller work = client.pull(names.work_stream(), kWorkersConsumer);
          auto message = work.next(std::chrono::milliseconds(200));
          const auto piece = message ? parse_work_piece(message->data()) : std::nullopt;
          if (piece) {
            const std::int64_t first = piece->frames.begin;
            client.publish(names.reports(),
                           to_json(WorkerReport{WorkerReport::Kind::Began, name, first, ""}));
            lie(client, names, name, first, kind++);
            client.publish(names.reports(),
                           to_json(WorkerReport{WorkerReport::Kind::Done, name, first, ""}));
            message->acknowledge_surely();
            std::printf("%s lied about frame %lld\n", argv[4], static_cast<long long>(first));
            std::fflush(stdout);
          }
        }
      } catch (const Error& error) {
        std::printf("%s\n", error.what());  // The run has ended meanwhile, or none has begun.
      }
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lying_worker: %s\n", error.what());
    return 1;
  }
}
