// Switching etcd's own authentication on: the user root, its role root, the switch.
// https://etcd.io/docs/v3.6/op-guide/authentication/rbac/
//
// Errors of all: refused (in etcd's words), protocol, and those of the transport.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "etcd/gateway.hpp"

namespace etcd {

// Whether etcd asks for a login. Nothing: it is older than 3.5, and has no such question. An entry of the raft log.
[[nodiscard]] base::Result<std::optional<bool>> authentication_is_on(const Transport& transport);

// What tells that somebody uses it, who would find the door locked: "it was written to (revision 12)", "it has the
// user backend". Empty: it is as new. A user root is nobody: it may be left by a run that was cut off.
[[nodiscard]] base::Result<std::string> find_use(const Transport& transport);

// Cut off on the way, it can be done again: a root that is there is made anew, with this password.
[[nodiscard]] base::Result<void> switch_authentication_on(const std::string& root_password, const Transport& transport);

}  // namespace etcd
