// What an object would be, against what it is: field by field, in the field's own words.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/plan.hpp"

namespace plan {

// Both are objects as the API server gives them (JSON): `before` as it lives, `after` as a dry run of
// applying it answers. So what the server fills in by itself is on both sides and is no change. What
// changes with every write (resourceVersion, generation, managedFields, status) is passed over. Elements of
// lists are paired by what names them (a container's name, a port's number, a mount's path), as
// far as each has a name of its own, else by their place.
// A field that holds a secret - all of a Secret's data, and what names_a_secret() takes for one - has
// "(secret)" for a value: that it changes can be seen, to what cannot.
// Errors: protocol (no JSON object, or nested too deeply).
[[nodiscard]] base::Result<std::vector<model::FieldChange>> diff(std::string_view before, std::string_view after);

// Of an object that is not there yet: all that `manifest` sets, as JSON.
[[nodiscard]] base::Result<std::vector<model::FieldChange>> fields_of(std::string_view manifest);

// The fields that `manifest` sets to something else than they are in `live`: for what the API server refuses, so
// that nobody says how it would be. A value is compared as it is written, so "0.5" is not "500m".
[[nodiscard]] base::Result<std::vector<model::FieldChange>> differing(std::string_view live, std::string_view manifest);

}  // namespace plan
