#!/usr/bin/env python3
"""Makes an operator, an account and a user for a NATS server that knows its users by signed tokens (JWT).

usage: nats_keys.py FOLDER    writes accounts.conf, for the server to include, and farm.creds, for --nats-creds

Keys are Ed25519, made and used by openssl; new ones each time. How they are written (a prefix byte, the 32 bytes, a
checksum, in base32) and what the tokens claim: https://docs.nats.io/running-a-nats-service/configuration/securing_nats/jwt
"""
import base64
import hashlib
import os
import subprocess
import sys
import time

OPERATOR, ACCOUNT, USER, SEED = 14 << 3, 0, 20 << 3, 18 << 3
# PKCS 8 of Ed25519 (RFC 8410), before the 32 bytes.
KEY_HEAD = bytes.fromhex("302e020100300506032b657004220420")
NO_LIMITS = ",".join(f'"{name}":-1' for name in ("subs", "data", "payload", "imports", "exports", "conn", "leaf",
                                                 "mem_storage", "disk_storage", "streams", "consumer"))


def crc16(data):
    """CRC-16/XMODEM."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc


def written(data):
    return base64.b32encode(data + crc16(data).to_bytes(2, "little")).decode().rstrip("=")


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Key:
    def __init__(self, folder, name, prefix):
        self.file = os.path.join(folder, name + ".der")
        private = os.urandom(32)
        with open(self.file, "wb") as file:
            file.write(KEY_HEAD + private)
        public = self.openssl("pkey", "-in", self.file, "-inform", "DER", "-pubout", "-outform", "DER")[-32:]
        self.public = written(bytes([prefix]) + public)
        self.seed = written(bytes([SEED | prefix >> 5, (prefix & 31) << 3]) + private)

    @staticmethod
    def openssl(*words):
        return subprocess.run(("openssl",) + words, stdout=subprocess.PIPE, check=True).stdout

    def token(self, subject, name, claims):
        """What this key says of the key `subject`."""
        body = f'"iat":{int(time.time())},"iss":"{self.public}","name":"{name}","nats":{claims},"sub":"{subject}"'
        identity = base64.b32encode(hashlib.sha256(body.encode()).digest()).decode().rstrip("=")
        text = ".".join(base64url(part.encode()) for part in
                        ('{"typ":"JWT","alg":"ed25519-nkey"}', f'{{"jti":"{identity}",{body}}}'))
        with open(self.file + ".text", "w") as file:
            file.write(text)
        signature = self.openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.file, "-keyform", "DER",
                                 "-in", self.file + ".text")
        return text + "." + base64url(signature)


def main(folder):
    operator = Key(folder, "operator", OPERATOR)
    account = Key(folder, "account", ACCOUNT)
    system = Key(folder, "system", ACCOUNT)  # JetStream does not start without one.
    user = Key(folder, "user", USER)
    said_of_operator = operator.token(operator.public, "studio", '{"type":"operator","version":2}')
    limits = '{"limits":{' + NO_LIMITS + ',"wildcards":true},"type":"account","version":2}'
    said_of_account = operator.token(account.public, "films", limits)
    said_of_system = operator.token(system.public, "system", '{"limits":{"subs":-1,"data":-1,"payload":-1,"conn":-1},'
                                    '"type":"account","version":2}')
    # What docs/scale.md says that a user of the farm needs, and no more.
    may = '{"allow":["pt.>","$O.>","$JS.>","_INBOX.>"]}'
    said_of_user = account.token(user.public, "farm", f'{{"pub":{may},"sub":{may},"subs":-1,"data":-1,"payload":-1,'
                                 '"type":"user","version":2}')
    with open(os.path.join(folder, "accounts.conf"), "w") as file:
        file.write(f"operator: {said_of_operator}\nsystem_account: {system.public}\nresolver: MEMORY\n"
                   f"resolver_preload: {{ {account.public}: {said_of_account}, {system.public}: {said_of_system} }}\n")
    with open(os.path.join(folder, "farm.creds"), "w") as file:
        file.write(f"-----BEGIN NATS USER JWT-----\n{said_of_user}\n------END NATS USER JWT------\n\n"
                   f"-----BEGIN USER NKEY SEED-----\n{user.seed}\n------END USER NKEY SEED------\n")


main(sys.argv[1])
