// What an uninstall takes away, and what it leaves.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/kubernetes.hpp"
#include "model/plan.hpp"
#include "plan/facts.hpp"

namespace plan {

enum class Data : std::uint8_t { kept, deleted };

struct Removal {
    std::string release;
    std::string namespace_name;
    std::string own_name;        // of the runner's record
    std::vector<Trial> objects;  // of the release: rendered, not tried
    std::vector<Trial> hooks;    // of helm; of those that are there now `live` is not empty
    std::vector<model::PersistentVolumeClaim> claims;
    Data data = Data::kept;
};

// Objects with helm's policy "keep" stay; those of hooks, which are none of helm's once they have run, unless it
// deletes them by their policy; and volumes unless their data are to go, with the record of whose data they are. Each
// comes with the command that removes it. Errors: protocol.
//
// https://helm.sh/docs/howto/charts_tips_and_tricks/#tell-helm-not-to-uninstall-a-resource
// https://helm.sh/docs/topics/charts_hooks/#hook-resources-are-not-managed-with-corresponding-releases
[[nodiscard]] base::Result<model::Plan> plan_removal(const Removal& removal);

}  // namespace plan
