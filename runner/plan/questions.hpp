// What has to be known of values and objects by whoever only passes them on as they are (JSON texts).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plan {

// Whether there is a text, and not an empty one, at this place of an object ("updateStrategy.type").
[[nodiscard]] bool has_text(std::string_view json, std::string_view path);

// Whether this object (JSON) is a StatefulSet of which Kubernetes replaces no pod.
[[nodiscard]] bool is_on_delete(std::string_view object);

// The values that are secrets by their names ("auth.rbac.rootPassword"): to be hidden wherever they turn up.
[[nodiscard]] std::vector<std::string> secrets_in(std::string_view values);

// Whether helm is asked to leave the object when it would remove it.
// https://helm.sh/docs/howto/charts_tips_and_tricks/#tell-helm-not-to-uninstall-a-resource
[[nodiscard]] bool is_kept(std::string_view object);

}  // namespace plan
