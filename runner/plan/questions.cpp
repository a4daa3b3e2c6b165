#include "plan/questions.hpp"

#include "base/redaction.hpp"
#include "plan/case.hpp"

namespace plan {
namespace {

void collect(const Json& value, bool is_secret, std::vector<std::string>& secrets) {
    if (value.is_object()) {
        const bool is_named_so = base::names_a_secret(text(at(value, "name")));
        for (const auto& [key, inner] : value.items()) {
            collect(inner, is_secret || base::names_a_secret(key) || (is_named_so && key == "value"), secrets);
        }
    } else if (value.is_array()) {
        for (const auto& inner : value) {
            collect(inner, is_secret, secrets);
        }
    } else if (is_secret && value.is_string()) {
        secrets.push_back(value.get<std::string>());
    }
}

}  // namespace

bool has_text(std::string_view json, std::string_view path) {
    const auto object = parse_object(json);
    return object && !text(at(*object, path)).empty();
}

bool is_on_delete(std::string_view object) {
    const auto set = parse_object(object);
    return set && text(at(*set, "kind")) == "StatefulSet" && text(at(*set, "spec.updateStrategy.type")) == "OnDelete";
}

std::vector<std::string> secrets_in(std::string_view values) {
    std::vector<std::string> secrets;
    if (const auto object = parse_object(values)) {
        collect(*object, false, secrets);
    }
    return secrets;
}

bool is_kept(std::string_view object) {
    return annotation(parse_object(object).value_or(Json()), "helm.sh/resource-policy") == "keep";
}

}  // namespace plan
