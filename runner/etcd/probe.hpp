// The calls of the availability probe: one key, written under a lease, and read.
// https://etcd.io/docs/v3.6/dev-guide/api_reference_v3/
//
// Errors of all: unreachable (etcd could not do it now: no leader, a timeout of its own, too many
// requests), forbidden (its user may not), etcd_unhealthy (NOSPACE: the database is full), gone (the
// lease has run out), protocol, and those of the transport.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "etcd/gateway.hpp"
#include "model/availability.hpp"

namespace etcd {

using LeaseId = std::uint64_t;

[[nodiscard]] base::Result<LeaseId> grant_lease(std::chrono::seconds time_to_live, const Transport& transport);
// Begins its time anew.
[[nodiscard]] base::Result<void> keep_lease(LeaseId lease, const Transport& transport);
// Its keys are deleted with it.
[[nodiscard]] base::Result<void> revoke_lease(LeaseId lease, const Transport& transport);

struct Write {
    std::string key;
    std::string value;
    LeaseId lease = 0;
};
// The answer tells the key as it was before: a write that reads what it replaces.
[[nodiscard]] base::Result<model::KeyAnswer> put(const Write& write, const Transport& transport);
// Linearizable: through a majority.
[[nodiscard]] base::Result<model::KeyAnswer> read(const std::string& key, const Transport& transport);

}  // namespace etcd
