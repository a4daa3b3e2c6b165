// Objects of a manifest, tried on the API server without doing anything.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "kube/client.hpp"
#include "operate/run.hpp"
#include "plan/facts.hpp"

namespace operate {

struct Trials {
    std::vector<plan::Trial> objects;
    // What the user was denied: what is tried is authorised like the thing itself.
    std::vector<kube::Right> missing_rights;
    std::vector<kube::Right> needed_rights;  // to apply all of these that are in the run's namespace
};

// Each at the same time; those that somebody else owns fields of once more, as if they were taken back. Without a
// namespace nothing can be tried. Errors: helm_failed (no manifest), and those of asking.
[[nodiscard]] base::Result<Trials> try_objects(const Run& run, const std::string& manifest, bool namespace_exists);

// Only whether they are there; five seconds at most, and of what cannot be read in them nothing is known. Errors: as
// above.
[[nodiscard]] base::Result<Trials> read_objects(const Run& run, const std::string& manifest);

// A pod by itself, as JSON. Nothing when pods may not be made by the user: their controller makes them.
[[nodiscard]] base::Result<std::optional<plan::Trial>> try_pod(const Run& run, const std::string& name,
                                                               const std::string& pod);

}  // namespace operate
