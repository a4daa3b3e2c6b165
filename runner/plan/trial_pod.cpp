#include "plan/trial_pod.hpp"

#include "plan/case.hpp"

namespace plan {

std::optional<TrialPod> trial_pod(const Trial& trial) {
    const auto set = trial.object.kind == "StatefulSet" ? parse_object(trial.applied) : base::Result<Json>(Json());
    if (!set || !at(*set, "spec.template.spec").is_object()) {
        return std::nullopt;
    }
    const auto live = parse_object(trial.live).value_or(Json());
    if (at(live, "spec.template") == at(*set, "spec.template")) {
        return std::nullopt;
    }
    TrialPod result{.name = trial.object.name + "-0", .json = {}};
    Json pod{{"apiVersion", "v1"},
             {"kind", "Pod"},
             {"metadata", at(*set, "spec.template.metadata")},
             {"spec", at(*set, "spec.template.spec")}};
    if (!pod["metadata"].is_object()) {
        pod["metadata"] = Json::object();
    }
    // The name must be free, or that is all that the API server says.
    pod["metadata"]["name"] = trial.object.name + "-dry-run";
    for (const char* key : {"serviceAccountName", "serviceAccount"}) {
        pod["spec"].erase(key);
    }
    auto& volumes = pod["spec"]["volumes"];
    if (!volumes.is_array()) {  // none yet, or no sense in what the server says
        volumes = Json::array();
    }
    for (const auto& one : at(*set, "spec.volumeClaimTemplates")) {
        const auto name = text(at(one, "metadata.name"));
        volumes.push_back({{"name", name}, {"persistentVolumeClaim", {{"claimName", name + "-" + result.name}}}});
    }
    result.json = pod.dump(-1, ' ', false, Json::error_handler_t::replace);
    return result;
}

}  // namespace plan
