// What others have added to an object: fields that nobody deployed. A dry run of the deployed manifest does not show
// them, since server-side apply leaves them alone.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/plan.hpp"

namespace plan {

// Of an object as the API server gives it, with its managedFields: the fields, elements of lists among them, that only
// others have set, from nothing to what they are. Neither helm nor etcd-deploy is another, nor are Kubernetes' own
// controllers, nor is who writes the status. Secrets are hidden as by diff(). Errors: protocol (no JSON object).
// https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
// https://github.com/kubernetes-sigs/structured-merge-diff/blob/master/fieldpath/serialize-pe.go (how paths are
// written)
[[nodiscard]] base::Result<std::vector<model::FieldChange>> additions_of_others(std::string_view live);

}  // namespace plan
