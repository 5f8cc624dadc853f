#include "farm/nats_client.h"

#include <algorithm>
#include <utility>

#include <nats/nats.h>

#include "base/files.h"
#include "base/text.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::uint64_t kSecretLimit = 64 * 1024;
/// A piece of work is out for as long as a picture takes, and every machine has one.
constexpr std::int64_t kMostLeased = 100'000;

std::int64_t in_nanoseconds(milliseconds time) { return nanoseconds(time).count(); }

/// What the library says of its last failure, without the place in its source: "(conn.c:2088): ".
std::string last_words(natsStatus status) {
  const char* const last = nats_GetLastError(nullptr);
  const std::string words = last != nullptr && *last != '\0' ? last : natsStatus_GetText(status);
  const std::size_t end = words.starts_with('(') ? words.find("): ") : std::string::npos;
  return end == std::string::npos ? words : words.substr(end + 3);
}

[[noreturn]] void fail(const std::string& what, natsStatus status) {
  throw Error(status == NATS_NOT_FOUND ? ErrorCode::NotFound : ErrorCode::Io,
              "[nats] " + what + ": " + last_words(status));
}

void check(natsStatus status, const std::string& what) {
  if (status != NATS_OK) {
    fail(what, status);
  }
}

std::string first_line(const fs::path& path) {
  const std::string text = read_file(path, kSecretLimit);
  return std::string(trimmed(text.substr(0, text.find('\n'))));
}

using Options = std::unique_ptr<natsOptions, void (*)(natsOptions*)>;

void set_login(natsOptions* options, const NatsLogin& login) {
  check(natsOptions_SetURL(options, login.url.c_str()), "--nats");
  if (!login.user.empty()) {
    const std::string password = first_line(login.password_file);
    check(natsOptions_SetUserInfo(options, login.user.c_str(), password.c_str()), "--nats-user");
  }
  if (!login.token_file.empty()) {
    check(natsOptions_SetToken(options, first_line(login.token_file).c_str()), "--nats-token-file");
  }
  if (!login.creds_file.empty()) {
    check(natsOptions_SetUserCredentialsFromFiles(options, login.creds_file.c_str(), nullptr),
          "--nats-creds");
  }
  if (!login.tls_ca.empty()) {
    check(natsOptions_SetSecure(options, true), "--nats-tls-ca");
    check(natsOptions_LoadCATrustedCertificates(options, login.tls_ca.c_str()), "--nats-tls-ca");
  }
  if (!login.tls_cert.empty()) {
    check(natsOptions_LoadCertificatesChain(options, login.tls_cert.c_str(), login.tls_key.c_str()),
          "--nats-tls-cert");
  }
}

/// Errors of the connection show where something is asked for; the library would print them.
void ignore(natsConnection*, natsSubscription*, natsStatus, void*) {}

Options connect_options(const NatsLogin& login, const std::string& name) {
  natsOptions* made = nullptr;
  check(natsOptions_Create(&made), "connect");
  Options options(made, &natsOptions_Destroy);
  set_login(made, login);
  check(natsOptions_SetName(made, name.c_str()), "connect");
  check(natsOptions_SetErrorHandler(made, &ignore, nullptr), "connect");
  check(natsOptions_SetMaxReconnect(made, -1), "connect");
  check(natsOptions_SetReconnectWait(made, 500), "connect");
  check(natsOptions_SetTimeout(made, 5000), "connect");
  // A machine that went away without a word is noticed after a minute.
  check(natsOptions_SetPingInterval(made, 20'000), "connect");
  return options;
}

bool is_timeout(natsStatus status) {
  return status == NATS_TIMEOUT || status == NATS_NOT_FOUND || status == NATS_MISSED_HEARTBEAT;
}

}  // namespace

void check_nats_login(const NatsLogin& login) {
  std::vector<Problem> problems;
  const auto check_file = [&](const char* option, const fs::path& path) {
    std::error_code error;
    if (!path.empty() && !fs::is_regular_file(path, error)) {
      problems.push_back({option, "\"" + path.string() + "\", expected a file that exists"});
    }
  };
  const bool known = login.url.starts_with("nats://") || login.url.starts_with("tls://");
  if (!known || login.url.size() > 1000 || login.url.find_first_of(" ,") != std::string::npos) {
    problems.push_back({"--nats", "\"" + login.url.substr(0, 100) +
                                      "\", expected a server such as nats://host:4222"});
  } else if (login.url.find('@') != std::string::npos) {
    problems.push_back({"--nats",
                        "has a user or password in it, which others on this machine can see; "
                        "expected --nats-user with --nats-password-file, or --nats-token-file"});
  }
  if (login.user.empty() != login.password_file.empty()) {
    problems.push_back({"--nats-user", "expected together with --nats-password-file"});
  }
  if (login.tls_cert.empty() != login.tls_key.empty()) {
    problems.push_back({"--nats-tls-cert", "expected together with --nats-tls-key"});
  }
  const int ways = (login.user.empty() ? 0 : 1) + (login.token_file.empty() ? 0 : 1) +
                   (login.creds_file.empty() ? 0 : 1);
  if (ways > 1) {
    problems.push_back(
        {"--nats-user",
         "expected one of --nats-user, --nats-token-file and --nats-creds, several are given"});
  }
  check_file("--nats-password-file", login.password_file);
  check_file("--nats-token-file", login.token_file);
  check_file("--nats-creds", login.creds_file);
  check_file("--nats-tls-ca", login.tls_ca);
  check_file("--nats-tls-cert", login.tls_cert);
  check_file("--nats-tls-key", login.tls_key);
  if (!problems.empty()) {
    throw Error(ErrorCode::InvalidArgument, std::move(problems));
  }
}

void NatsMessage::destroy(__natsMsg* message) { natsMsg_Destroy(message); }

std::string_view NatsMessage::data() const {
  const char* const bytes = natsMsg_GetData(message_.get());
  const int length = natsMsg_GetDataLength(message_.get());
  return bytes == nullptr || length <= 0
             ? std::string_view()
             : std::string_view(bytes, static_cast<std::size_t>(length));
}

std::string NatsMessage::subject() const {
  const char* const subject = natsMsg_GetSubject(message_.get());
  return subject == nullptr ? "" : subject;
}

std::uint64_t NatsMessage::sequence() const { return natsMsg_GetSequence(message_.get()); }

void NatsMessage::acknowledge() { natsMsg_Ack(message_.get(), nullptr); }

bool NatsMessage::acknowledge_surely() {
  return natsMsg_AckSync(message_.get(), nullptr, nullptr) == NATS_OK;
}

void NatsMessage::give_back(milliseconds delay) {
  natsMsg_NakWithDelay(message_.get(), delay.count(), nullptr);
}

void NatsMessage::keep() { natsMsg_InProgress(message_.get(), nullptr); }

void NatsPuller::destroy(__natsSubscription* subscription) {
  natsSubscription_Destroy(subscription);
}

std::optional<NatsMessage> NatsPuller::next(milliseconds wait) {
  natsMsgList list{};
  const natsStatus status = natsSubscription_Fetch(
      &list, subscription_.get(), 1, std::max<std::int64_t>(wait.count(), 1), nullptr);
  if (status == NATS_OK && list.Count > 0) {
    std::optional<NatsMessage> message(list.Msgs[0]);
    list.Msgs[0] = nullptr;
    natsMsgList_Destroy(&list);
    return message;
  }
  natsMsgList_Destroy(&list);
  if (status == NATS_OK || is_timeout(status)) {
    return std::nullopt;
  }
  const bool deleted = last_words(status).find("Deleted") != std::string::npos;
  if (status == NATS_NO_RESPONDERS || deleted) {
    throw Error(ErrorCode::NotFound, "[nats] " + what_ + ": is not there any more");
  }
  fail(what_, status);
}

NatsClient::NatsClient(const NatsLogin& login, const std::string& name)
    : connection_(nullptr, &natsConnection_Destroy), jetstream_(nullptr, &jsCtx_Destroy) {
  check_nats_login(login);
  const Options options = connect_options(login, name);
  natsConnection* connection = nullptr;
  check(natsConnection_Connect(&connection, options.get()), "connect to " + login.url);
  connection_.reset(connection);
  jsCtx* jetstream = nullptr;
  check(natsConnection_JetStream(&jetstream, connection, nullptr), "JetStream");
  jetstream_.reset(jetstream);
  jsAccountInfo* account = nullptr;
  const natsStatus status = js_GetAccountInfo(&account, jetstream, nullptr, nullptr);
  jsAccountInfo_Destroy(account);
  if (status == NATS_NO_RESPONDERS) {
    throw Error(ErrorCode::Unsupported,
                "[nats] " + login.url + ": has no JetStream, expected nats-server with -js");
  }
  check(status, "ask " + login.url + " for JetStream");
}

NatsClient::~NatsClient() = default;

void NatsClient::make_stream(const std::string& name,
                             const std::vector<std::string>& subjects,
                             StreamKind kind) {
  std::vector<const char*> list;
  for (const std::string& subject : subjects) {
    list.push_back(subject.c_str());
  }
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  config.Name = name.c_str();
  config.Subjects = list.data();
  config.SubjectsLen = static_cast<int>(list.size());
  config.Retention = kind == StreamKind::WorkQueue ? js_WorkQueuePolicy : js_LimitsPolicy;
  config.MaxMsgsPerSubject = kind == StreamKind::Newest ? 1 : -1;
  config.Storage = js_FileStorage;
  config.Discard = js_DiscardNew;
  config.AllowDirect = true;
  check(js_AddStream(nullptr, jetstream_.get(), &config, nullptr, nullptr), "make stream " + name);
}

bool NatsClient::has_stream(const std::string& name) {
  jsStreamInfo* info = nullptr;
  const natsStatus status =
      js_GetStreamInfo(&info, jetstream_.get(), name.c_str(), nullptr, nullptr);
  jsStreamInfo_Destroy(info);
  if (status == NATS_NOT_FOUND) {
    return false;
  }
  check(status, "look at stream " + name);
  return true;
}

void NatsClient::remove_stream(const std::string& name) {
  const natsStatus status = js_DeleteStream(jetstream_.get(), name.c_str(), nullptr, nullptr);
  if (status != NATS_NOT_FOUND) {
    check(status, "remove stream " + name);
  }
}

void NatsClient::make_consumer(const std::string& stream,
                               const std::string& consumer,
                               const std::string& subject,
                               milliseconds lease) {
  jsConsumerConfig config;
  jsConsumerConfig_Init(&config);
  config.Durable = consumer.c_str();
  config.FilterSubject = subject.c_str();
  config.AckPolicy = js_AckExplicit;
  config.AckWait = in_nanoseconds(lease);
  config.MaxDeliver = -1;
  config.MaxAckPending = kMostLeased;
  check(js_AddConsumer(nullptr, jetstream_.get(), stream.c_str(), &config, nullptr, nullptr),
        "make consumer " + consumer + " of " + stream);
}

NatsPuller NatsClient::pull(const std::string& stream, const std::string& consumer) {
  jsSubOptions options;
  jsSubOptions_Init(&options);
  options.Stream = stream.c_str();
  options.Consumer = consumer.c_str();
  natsSubscription* subscription = nullptr;
  const std::string what = "consumer " + consumer + " of " + stream;
  check(js_PullSubscribe(&subscription, jetstream_.get(), "", consumer.c_str(), nullptr, &options,
                         nullptr),
        what);
  return {subscription, what};
}

QueueState NatsClient::queue(const std::string& stream, const std::string& consumer) {
  jsConsumerInfo* info = nullptr;
  check(js_GetConsumerInfo(&info, jetstream_.get(), stream.c_str(), consumer.c_str(), nullptr,
                           nullptr),
        "look at consumer " + consumer + " of " + stream);
  const QueueState state{
      info->NumPending, static_cast<std::uint64_t>(std::max<std::int64_t>(info->NumAckPending, 0))};
  jsConsumerInfo_Destroy(info);
  return state;
}

void NatsClient::publish(const std::string& subject, std::string_view data, const std::string& id) {
  jsPubOptions options;
  jsPubOptions_Init(&options);
  options.MsgId = id.empty() ? nullptr : id.c_str();
  check(js_Publish(nullptr, jetstream_.get(), subject.c_str(), data.data(),
                   static_cast<int>(data.size()), &options, nullptr),
        "publish to " + subject);
}

std::vector<std::string> NatsClient::subjects(const std::string& stream,
                                              const std::string& filter) {
  jsOptions options;
  jsOptions_Init(&options);
  options.Stream.Info.SubjectsFilter = filter.c_str();
  jsStreamInfo* info = nullptr;
  check(js_GetStreamInfo(&info, jetstream_.get(), stream.c_str(), &options, nullptr),
        "look at stream " + stream);
  std::vector<std::string> found;
  const jsStreamStateSubjects* const list = info->State.Subjects;
  for (int i = 0; list != nullptr && i < list->Count; ++i) {
    found.emplace_back(list->List[i].Subject);
  }
  jsStreamInfo_Destroy(info);
  return found;
}

std::optional<NatsMessage> NatsClient::last(const std::string& stream, const std::string& subject) {
  natsMsg* message = nullptr;
  const natsStatus status =
      js_GetLastMsg(&message, jetstream_.get(), stream.c_str(), subject.c_str(), nullptr, nullptr);
  if (status == NATS_NOT_FOUND) {
    return std::nullopt;
  }
  check(status, "read " + subject);
  return NatsMessage(message);
}

std::optional<NatsMessage> NatsClient::next(const std::string& stream,
                                            const std::string& subject,
                                            std::uint64_t from) {
  jsDirectGetMsgOptions options;
  jsDirectGetMsgOptions_Init(&options);
  options.Sequence = from;
  options.NextBySubject = subject.c_str();
  natsMsg* message = nullptr;
  const natsStatus status =
      js_DirectGetMsg(&message, jetstream_.get(), stream.c_str(), nullptr, &options);
  if (status == NATS_NOT_FOUND || status == NATS_NO_RESPONDERS) {
    return std::nullopt;
  }
  check(status, "read " + subject);
  return NatsMessage(message);
}

void NatsClient::purge(const std::string& stream, const std::string& subject) {
  jsOptions options;
  jsOptions_Init(&options);
  options.Stream.Purge.Subject = subject.c_str();
  const natsStatus status = js_PurgeStream(jetstream_.get(), stream.c_str(), &options, nullptr);
  if (status != NATS_NOT_FOUND) {
    check(status, "purge " + subject);
  }
}

}  // namespace ptravel
