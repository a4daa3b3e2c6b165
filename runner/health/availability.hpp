// Pure: what the availability probe has seen -> its ledger.
#pragma once

#include <optional>

#include "model/availability.hpp"
#include "model/etcd.hpp"

namespace health {

// The samples may come in any order. A gap lasts from one acknowledgement to the next, since that is
// what a client waits for; the last one is still open when writes failed after it.
[[nodiscard]] model::Availability availability(model::ProbeSamples samples);

// The failure that a lost write is: rule "availability". Nothing when none was lost.
[[nodiscard]] std::optional<model::Finding> lost_write_finding(const model::Availability& ledger);

}  // namespace health
