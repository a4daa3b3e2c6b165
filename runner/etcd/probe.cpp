#include "etcd/probe.hpp"

#include "base/text.hpp"
#include "etcd/json.hpp"

namespace etcd {
namespace {

using base::ErrorCode;
using Json = json::Value;

// google.rpc.Code
constexpr int not_found = 5;
constexpr int permission_denied = 7;
constexpr int resource_exhausted = 8;

ErrorCode kind_of(const sys::HttpResponse& answer) {
    switch (json::error_code_of(answer.body)) {
        case not_found: return ErrorCode::gone;
        case permission_denied: return ErrorCode::forbidden;
        case resource_exhausted:
            // The other one is "too many requests".
            return answer.body.contains("database space exceeded") ? ErrorCode::etcd_unhealthy : ErrorCode::unreachable;
        default: return ErrorCode::unreachable;
    }
}

base::Result<std::string> ask(const char* path, const Json& question, const Transport& transport) {
    TRY_ASSIGN(auto answer, transport(path, question.dump()));
    if (answer.status != 200) {
        return base::fail(kind_of(answer), decode_error(answer.status, answer.body));
    }
    return std::move(answer.body);
}

std::optional<model::KeyState> state_of(const Json* key_value) {
    if (key_value == nullptr) {
        return std::nullopt;
    }
    return model::KeyState{.create_revision = json::number(*key_value, "create_revision"),
                           .mod_revision = json::number(*key_value, "mod_revision"),
                           .version = json::number(*key_value, "version")};
}

model::KeyAnswer answer_of(const Json& root, const Json* key_value) {
    const auto& header = json::header_of(root);
    return {.cluster_id = json::number(header, "cluster_id"),
            .revision = json::number(header, "revision"),
            .raft_term = json::number(header, "raft_term"),
            .key = state_of(key_value)};
}

}  // namespace

base::Result<LeaseId> grant_lease(std::chrono::seconds time_to_live, const Transport& transport) {
    TRY_ASSIGN(const auto body,
               ask("/v3/lease/grant", {{"TTL", std::to_string(time_to_live.count())}, {"ID", "0"}}, transport));
    return json::decoded("lease", [&] {
        const auto id = json::number(json::parse(body), "ID");
        if (id == 0) {
            throw json::Malformed("it has no ID");
        }
        return id;
    });
}

base::Result<void> keep_lease(LeaseId lease, const Transport& transport) {
    TRY_ASSIGN(const auto body, ask("/v3/lease/keepalive", {{"ID", std::to_string(lease)}}, transport));
    // A stream, of one answer to one question.
    const auto left = json::decoded("lease", [&] {
        const auto root = json::parse(body);
        const auto* result = json::find(root, "result");
        if (result == nullptr) {
            throw json::Malformed("it has no result");
        }
        return json::number(*result, "TTL");
    });
    if (!left) {
        return std::unexpected(left.error());
    }
    return *left > 0 ? base::Result<void>() : base::Result<void>(base::fail(ErrorCode::gone, "the lease has run out"));
}

base::Result<void> revoke_lease(LeaseId lease, const Transport& transport) {
    TRY(ask("/v3/lease/revoke", {{"ID", std::to_string(lease)}}, transport));
    return {};
}

base::Result<model::KeyAnswer> put(const Write& write, const Transport& transport) {
    TRY_ASSIGN(const auto body, ask("/v3/kv/put",
                                    {{"key", base::base64_encode(write.key)},
                                     {"value", base::base64_encode(write.value)},
                                     {"lease", std::to_string(write.lease)},
                                     {"prev_kv", true}},
                                    transport));
    return json::decoded("write", [&] {
        const auto root = json::parse(body);
        return answer_of(root, json::find(root, "prev_kv"));
    });
}

base::Result<model::KeyAnswer> read(const std::string& key, const Transport& transport) {
    TRY_ASSIGN(const auto body, ask("/v3/kv/range", {{"key", base::base64_encode(key)}}, transport));
    return json::decoded("read", [&] {
        const auto root = json::parse(body);
        const Json* found = nullptr;
        json::for_each(root, "kvs", [&found](const Json& key_value) { found = &key_value; });
        return answer_of(root, found);
    });
}

}  // namespace etcd
