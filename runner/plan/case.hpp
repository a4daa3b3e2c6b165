// The facts as rules read them: parsed once. For the source files of this folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/result.hpp"
#include "plan/facts.hpp"

namespace plan {

using Json = nlohmann::json;

// A member of an object, or null. "a.b.c" goes down; a key with a dot in it cannot be asked for.
[[nodiscard]] const Json& at(const Json& object, std::string_view path);
// A text as it is, a number or truth value as JSON writes it, anything else "".
[[nodiscard]] std::string text(const Json& value);
// Also of a text that is one: what was not tried has texts for numbers.
[[nodiscard]] std::optional<std::int64_t> number(const Json& value);
[[nodiscard]] bool truth(const Json& value);
// Of an object of texts; none of anything else.
[[nodiscard]] model::Labels labels_of(const Json& object);
// Of an object of Kubernetes; "": it has none of that name.
[[nodiscard]] std::string annotation(const Json& object, const std::string& name);
// Whether all labels of a selector (matchLabels, nodeSelector) are there: an empty one is satisfied.
[[nodiscard]] bool are_among(const Json& wanted, const model::Labels& labels);
// Errors: protocol (none, or nested too deeply).
[[nodiscard]] base::Result<Json> parse_object(std::string_view text);

struct Tried {
    const Trial& trial;
    Json wanted;  // as it would be; of what was refused or not tried: the manifest
    Json live;    // null: there is none
    model::ObjectChange change;
};

struct Case {
    const Facts& facts;
    Json values;    // the user's
    Json defaults;  // the chart's
    std::vector<Tried> objects;
    std::vector<Json> hooks;
    const Tried* set = nullptr;  // etcd's StatefulSet among the objects; null: none
    std::optional<model::Forecast> forecast;

    // What the user set, else the chart's default, else null.
    [[nodiscard]] const Json& value(std::string_view path) const;
    [[nodiscard]] bool user_sets(std::string_view path) const { return !at(values, path).is_null(); }
    // Of the StatefulSet as it would be.
    [[nodiscard]] const Json& set_field(std::string_view path) const;
    [[nodiscard]] const Json& live_field(std::string_view path) const;
    // etcd's container in the pod template as it would be; null: none.
    [[nodiscard]] const Json& container() const;
    [[nodiscard]] std::int64_t replicas() const;  // as it would be
};

// Errors: as parse_object.
[[nodiscard]] base::Result<Case> read_case(const Facts& facts);

}  // namespace plan
