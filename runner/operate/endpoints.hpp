// Where clients in the cluster reach etcd's members, from what the members themselves say.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "etcd/settings.hpp"
#include "model/etcd.hpp"
#include "model/kubernetes.hpp"
#include "operate/run.hpp"

namespace operate {

// Which pods of which StatefulSet are meant; all of it is from the cluster.
struct Place {
    const model::StatefulSet& set;
    const etcd::Settings& settings;
    std::string namespace_name;
};

// "etcd-0.etcd-headless.ns.svc.cluster.local:2379": what a member advertises, else what its
// pod's DNS name must be. Nothing that is no address, nor an address that means "myself", is
// passed on; "" when only that is known.
[[nodiscard]] std::string endpoint_of(const model::ListedMember& member, const Place& place);

// Of all voters that have been started, in order of ordinals, whether they answer now or not:
// so that the list changes only when the membership does. Errors: etcd_unhealthy (there is
// none, or one tells no address).
[[nodiscard]] base::Result<std::vector<std::string>> endpoints_of(std::vector<model::ListedMember> members,
                                                                  const Place& place);

// Into the record: how clients connect to the members with these endpoints.
void record_connection(const Run& run, const Place& place, std::vector<std::string> endpoints);
// The same of the members that a client can use now.
void record_endpoints(const Run& run, const model::StatefulSet& set, const etcd::Settings& settings,
                      const model::ClusterHealth& health);

}  // namespace operate
