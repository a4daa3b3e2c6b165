// etcd's JSON gateway (POST /v3/...): https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/
// 64-bit integers are strings, default values are omitted, errors carry "code".
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/etcd.hpp"
#include "sys/http.hpp"

namespace etcd {

// How a question reaches one member: path ("/v3/kv/range") and JSON body -> answer.
using Transport = std::function<base::Result<sys::HttpResponse>(const std::string& path, const std::string& json)>;

// How an error begins when a member that has never answered ended the connection on which
// our client certificate was shown.
inline constexpr std::string_view closed_on_our_certificate = "etcd ended the connection when it saw our certificate";

[[nodiscard]] base::Result<model::MemberStatus> decode_status(std::string_view json);
[[nodiscard]] base::Result<std::vector<model::ListedMember>> decode_member_list(std::string_view json);
[[nodiscard]] base::Result<std::vector<model::Alarm>> decode_alarms(std::string_view json);
// The gateway's error body, both shapes (<= 3.5 and >= 3.6), in one line:
// "etcdserver: no leader (code 14)".
[[nodiscard]] std::string decode_error(int http_status, std::string_view body);
// Whether etcd refuses because it wants a login: no token at all, or one that is not valid
// (any more). Both are told apart from "permission denied".
[[nodiscard]] bool wants_login(const sys::HttpResponse& response);
// Whether this answer to a login says that its name or password is wrong, or missing.
[[nodiscard]] bool is_refused_login(const sys::HttpResponse& response);
// The answer of /v3/auth/authenticate; a secret.
[[nodiscard]] base::Result<std::string> decode_token(std::string_view json);

[[nodiscard]] base::Result<model::DataHash> decode_data_hash(std::string_view json);

// Asks one member everything that health is judged by: status, member list, a linearizable
// read of the key "health" (permission denied counts as an answer). What needs no
// quorum comes first: a member that has lost it answers nothing else before the deadline.
// Never fails as a whole; what got no answer says so in `failures`.
[[nodiscard]] model::MemberAnswers ask(const std::string& pod, const std::string& node, const Transport& transport);

// The alarms of all members, from one of them. Even this question is an entry of the raft log,
// written by every member (EtcdServer.Alarm): to ask each of seven members costs 49 writes.
// https://github.com/etcd-io/etcd/blob/main/server/etcdserver/v3_server.go
void ask_alarms(model::MemberAnswers& answers, const Transport& transport);

// The hash of a member's data up to `revision`. It reads all of them: not for large databases.
// Errors: conflict (compacted meanwhile, or not there yet: ask about another revision),
// forbidden (it takes root from 3.5.28 and 3.6.9 on), refused, and those of the transport.
[[nodiscard]] base::Result<model::DataHash> hash_data(std::uint64_t revision, const Transport& transport);

// Has the leader, which is who must be asked, hand over to the member with this ID; returns when
// it has. Errors: refused (it does not lead, or the other cannot), and those of the transport.
[[nodiscard]] base::Result<void> move_leadership(std::uint64_t target, const Transport& leader);

}  // namespace etcd
