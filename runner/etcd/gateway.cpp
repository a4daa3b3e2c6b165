#include "etcd/gateway.hpp"

#include <chrono>
#include <limits>

#include "base/text.hpp"
#include "etcd/json.hpp"

namespace etcd {
namespace {

using base::ErrorCode;
using json::decoded;
using json::error_code_of;
using json::find;
using json::flag;
using json::for_each;
using json::header_of;
using json::Malformed;
using json::message_limit;
using json::number;
using json::parse;
using json::text;
using json::texts;
using Json = json::Value;

// google.rpc.Code
constexpr int invalid_argument = 3;
constexpr int permission_denied = 7;
constexpr int out_of_range = 11;
constexpr int unauthenticated = 16;

std::string in_one_line(const std::string& text) {
    return base::join(base::nonempty_lines(text), " ");
}

// Whether it is what etcd answers to a read at all.
base::Result<void> decode_read(std::string_view json) {
    const auto cluster = decoded("read", [&] { return number(header_of(parse(json)), "cluster_id"); });
    return cluster ? base::Result<void>() : std::unexpected(cluster.error());
}

// OpenSSL's own words (X509_verify_cert_error_string) and TLS alerts, as libcurl passes them on.
model::Trouble trouble_of(const base::Error& error) {
    const auto says = [&](std::string_view words) { return error.message.contains(words); };
    if (error.code == ErrorCode::unauthorized) {
        return model::Trouble::login;
    }
    if (says("certificate has expired") || says("certificate is not yet valid")) {
        return model::Trouble::certificate_expired;
    }
    if (error.message.starts_with(closed_on_our_certificate) ||
        (says("alert") && (says("certificate") || says("unknown ca") || says("decrypt error")))) {
        return model::Trouble::certificate_refused;
    }
    if (says("issuer certificate") || says("self-signed certificate") || says("self signed certificate") ||
        says("certificate signature failure") || says("unable to verify the first certificate")) {
        return model::Trouble::certificate_untrusted;
    }
    if (says("certificate subject name") || says("ostname mismatch") || says("IP address mismatch")) {
        return model::Trouble::certificate_name;
    }
    if (says("(DNS)")) {
        return model::Trouble::unresolved;
    }
    // What was cut on the way, or by a member that ends, says nothing of TLS.
    const bool is_cut = says("reset") || says("SYSCALL") || says("unexpected eof") || says("timed out");
    if ((says("no TLS with") && !is_cut) || says("HTTP request to an HTTPS server")) {
        return model::Trouble::tls;
    }
    return model::Trouble::other;
}

// What etcd was told: less than 0 is no quota at all, as 0 is here.
std::uint64_t quota(const Json& status) {
    const Json* told = find(status, "dbSizeQuota");
    const bool is_none =
        told != nullptr && ((told->is_string() && told->get_ref<const std::string&>().starts_with('-')) ||
                            (told->is_number_integer() && told->get<std::int64_t>() < 0));
    return is_none ? 0 : number(status, "dbSizeQuota");
}

}  // namespace

base::Result<model::MemberStatus> decode_status(std::string_view json) {
    return decoded("status", [&] {
        const Json root = parse(json);
        const Json& header = header_of(root);
        return model::MemberStatus{.cluster_id = number(header, "cluster_id"),
                                   .member_id = number(header, "member_id"),
                                   .leader_id = number(root, "leader"),
                                   .raft_term = number(root, "raftTerm"),
                                   .raft_index = number(root, "raftIndex"),
                                   .raft_applied_index = number(root, "raftAppliedIndex"),
                                   .db_size = number(root, "dbSize"),
                                   .db_size_in_use = number(root, "dbSizeInUse"),
                                   .db_quota = quota(root),
                                   .version = text(root, "version"),
                                   .is_learner = flag(root, "isLearner"),
                                   .revision = number(header, "revision")};
    });
}

base::Result<model::DataHash> decode_data_hash(std::string_view json) {
    return decoded("hash", [&] {
        const Json root = parse(json);
        const auto revision = number(root, "hash_revision");  // from 3.6 on
        const auto hash = number(root, "hash");
        const Json* compacted = find(root, "compact_revision");
        const bool never = compacted != nullptr && (*compacted == "-1" || *compacted == -1);
        if (hash > std::numeric_limits<std::uint32_t>::max()) {
            throw Malformed("hash has more than 32 bits");
        }
        return model::DataHash{.revision = revision != 0 ? revision : number(header_of(root), "revision"),
                               .compact_revision = never ? 0 : number(root, "compact_revision"),
                               .hash = static_cast<std::uint32_t>(hash)};
    });
}

base::Result<std::vector<model::ListedMember>> decode_member_list(std::string_view json) {
    return decoded("member list", [&] {
        const Json root = parse(json);
        std::vector<model::ListedMember> members;
        for_each(root, "members", [&](const Json& item) {
            members.push_back({.id = number(item, "ID"),
                               .name = text(item, "name"),
                               .peer_urls = texts(item, "peerURLs"),
                               .client_urls = texts(item, "clientURLs"),
                               .is_learner = flag(item, "isLearner")});
        });
        if (members.empty()) {
            throw Malformed("it is empty");
        }
        return members;
    });
}

base::Result<std::vector<model::Alarm>> decode_alarms(std::string_view json) {
    return decoded("alarms", [&] {
        const Json root = parse(json);  // etcd 3.4 gives no header here
        if (!root.is_object()) {
            throw Malformed("no object");
        }
        std::vector<model::Alarm> alarms;
        for_each(root, "alarms", [&](const Json& item) {
            alarms.push_back({.member_id = number(item, "memberID"), .type = text(item, "alarm")});
        });
        return alarms;
    });
}

std::string decode_error(int http_status, std::string_view body) {
    const auto message = decoded("error", [&] {
        const Json root = parse(body);
        const std::string said = text(root, "message");
        return in_one_line(said.empty() ? text(root, "error") : said);
    });
    if (message && !message->empty()) {
        return *message + " (code " + std::to_string(error_code_of(body)) + ")";
    }
    return "HTTP " + std::to_string(http_status) + ": " +
           base::shorten(in_one_line(base::printable(body)), message_limit);
}

bool wants_login(const sys::HttpResponse& response) {
    if (response.status == 200) {
        return false;
    }
    const int code = error_code_of(response.body);
    // "etcdserver: user name is empty" comes as an invalid argument.
    // A JWT names the revision of the users and roles that it was given at: any change of them ends it.
    return code == unauthenticated ||
           (code == invalid_argument &&
            (response.body.contains("user name is empty") || response.body.contains("revision of auth store is old")));
}

bool is_refused_login(const sys::HttpResponse& response) {
    const int code = response.status == 200 ? 0 : error_code_of(response.body);
    return code == unauthenticated || code == invalid_argument || code == permission_denied;
}

base::Result<std::string> decode_token(std::string_view json) {
    return decoded("login", [&] {
        // Not by text(): that would cut it.
        const Json root = parse(json);
        const Json* token = find(root, "token");
        if (token == nullptr || !token->is_string() || token->get_ref<const std::string&>().empty()) {
            throw Malformed("no token");
        }
        return token->get<std::string>();
    });
}

base::Result<model::DataHash> hash_data(std::uint64_t revision, const Transport& transport) {
    TRY_ASSIGN(const auto response,
               transport("/v3/maintenance/hashkv", R"({"revision":")" + std::to_string(revision) + "\"}"));
    if (response.status == 200) {
        TRY_ASSIGN(auto hash, decode_data_hash(response.body));
        hash.revision = revision;  // before 3.6 only the header tells one: the newest
        return hash;
    }
    if (response.status == 404) {  // its gateway has no such route
        return base::fail(ErrorCode::refused, "etcd 3.4 tells no hash of its data");
    }
    const auto code = error_code_of(response.body);
    return base::fail(code == out_of_range        ? ErrorCode::conflict
                      : code == permission_denied ? ErrorCode::forbidden
                                                  : ErrorCode::refused,
                      decode_error(response.status, response.body));
}

namespace {

// An answer decoded into its place, or the reason why not.
template <typename Decode, typename Target>
void take(model::MemberAnswers& answers, const std::string& what, const base::Result<sys::HttpResponse>& answer,
          Decode decode, Target& target) {
    const auto failed = [&](const std::string& reason) { answers.failures.push_back(what + ": " + reason); };
    if (!answer) {
        return failed(answer.error().text());
    }
    if (answer->status != 200) {
        return failed(decode_error(answer->status, answer->body));
    }
    if (auto value = decode(answer->body)) {
        target = std::move(*value);
    } else {
        failed(value.error().text());
    }
}

}  // namespace

model::MemberAnswers ask(const std::string& pod, const std::string& node, const Transport& transport) {
    model::MemberAnswers answers{.pod = pod, .node = node};
    // No answer at all: the other questions would only wait as long.
    const auto gives_none = [&](const char* what, const base::Error& error) {
        answers.failures.push_back(std::string(what) + ": " + error.text());
        answers.trouble = trouble_of(error);
    };
    const auto status = transport("/v3/maintenance/status", "{}");
    if (!status) {
        gives_none("does not answer", status.error());
        return answers;
    }
    take(answers, "status", status, decode_status, answers.status);
    take(answers, "member list", transport("/v3/cluster/member/list", "{}"), decode_member_list, answers.members);
    // etcdctl endpoint health reads this key, too; a plain range is linearizable.
    const auto begin = std::chrono::steady_clock::now();
    const auto read = transport("/v3/kv/range", R"({"key":"aGVhbHRo"})");
    if (!read) {
        gives_none("linearizable read", read.error());
        return answers;
    }
    // "Permission denied" proves the read as well (etcdctl counts it as healthy, too).
    const auto sense = read->status == 200 ? decode_read(read->body) : base::Result<void>();
    if (!sense) {
        answers.failures.push_back("linearizable read: " + sense.error().text());
    } else if (read->status == 200 || error_code_of(read->body) == permission_denied) {
        answers.linearizable_read =
            std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
    } else {
        answers.failures.push_back("linearizable read: " + decode_error(read->status, read->body));
    }
    return answers;
}

void ask_alarms(model::MemberAnswers& answers, const Transport& transport) {
    take(answers, "alarms", transport("/v3/maintenance/alarm", R"({"action":"GET"})"), decode_alarms, answers.alarms);
}

base::Result<void> move_leadership(std::uint64_t target, const Transport& leader) {
    TRY_ASSIGN(const auto answer,
               leader("/v3/maintenance/transfer-leadership", R"({"targetID":")" + std::to_string(target) + "\"}"));
    if (answer.status != 200) {
        return base::fail(ErrorCode::refused, decode_error(answer.status, answer.body));
    }
    return {};
}

}  // namespace etcd
