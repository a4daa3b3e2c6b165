#include "operate/volumes.hpp"

#include <string>

#include "operate/await_rollout.hpp"
#include "operate/release.hpp"

namespace operate {

Claims claims_of_release(const Run& run, const Observer& observer) {
    Claims claims;
    for (const auto* claim : release_claims(observer.view(), run.request().release)) {
        claims.push_back(*claim);
    }
    return claims;
}

std::vector<model::Volume> as_volumes(const Claims& claims) {
    std::vector<model::Volume> volumes;
    for (const auto& claim : claims) {
        volumes.push_back({claim.meta.name, claim.capacity, claim.storage_class});
    }
    return volumes;
}

base::Result<void> delete_volumes(const Run& run, Observer& observer, const Claims& claims) {
    std::vector<std::string> uids;
    for (const auto& claim : claims) {
        run.tools().progress.line("deleting volume claim " + claim.meta.name);
        TRY(run.change([&](const kube::Scope& scope) {
            return run.tools().kube.delete_claim(run.namespace_name(), claim.meta.name, claim.meta.uid, scope);
        }));
        uids.push_back(claim.meta.uid);
    }
    TRY(await_claims_gone(run, observer, uids));
    run.record().deleted_volumes = as_volumes(claims);
    return {};
}

}  // namespace operate
