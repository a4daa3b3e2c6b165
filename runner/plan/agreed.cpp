// Whether a plan that was agreed to is still the plan.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "plan/case.hpp"
#include "plan/make.hpp"

namespace plan {
namespace {

bool is_field(const Json& written, const model::FieldChange& field) {
    const auto side = [&written](const char* key, const std::optional<std::string>& value) {
        const auto& there = at(written, key);
        return value ? text(there) == base::printable(*value) : there.is_null();
    };
    return text(at(written, "path")) == base::printable(field.path) && side("before", field.before) &&
           side("after", field.after);
}

bool is_object(const Json& written, const model::ObjectChange& object) {
    const auto& fields = at(written, "fields");
    if (text(at(written, "kind")) != object.object.kind || text(at(written, "name")) != object.object.name ||
        text(at(written, "change")) != model::to_string(object.kind) || !fields.is_array() ||
        fields.size() != object.fields.size()) {
        return false;
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (!is_field(fields[i], object.fields[i])) {
            return false;
        }
    }
    return true;
}

std::string basis_in(const Json& written, const std::string& what) {
    for (const auto& one : at(written, "basis")) {
        if (text(at(one, "what")) == what) {
            return text(at(one, "value"));
        }
    }
    return "none";
}

}  // namespace

base::Result<std::vector<std::string>> moved_since(std::string_view agreed, const model::Plan& plan) {
    auto document = parse_object(agreed);
    const Json& written = document ? at(*document, "plan") : Json();
    if (!at(written, "basis").is_array() || !at(written, "objects").is_array()) {
        return base::fail(base::ErrorCode::bad_input, "the file is no plan of etcd-deploy",
                          "etcd-deploy plan --output json > plan.json makes one");
    }
    std::vector<std::string> moved;
    for (const auto& one : plan.basis) {
        if (const auto then = basis_in(written, one.what); then != one.value) {
            moved.push_back(one.what + " is " + one.value + ", and was " + base::printable(then));
        }
    }
    for (const auto& one : at(written, "basis")) {
        const auto what = text(at(one, "what"));
        if (std::ranges::find(plan.basis, what, &model::Basis::what) == plan.basis.end()) {
            moved.push_back(base::printable(what) + " is not there any more");
        }
    }
    const auto& objects = at(written, "objects");
    for (const auto& object : plan.objects) {
        if (std::ranges::none_of(objects, [&](const Json& one) { return is_object(one, object); })) {
            moved.push_back("what would change in " + object.object.kind + " " + object.object.name +
                            " is not what it was");
        }
    }
    if (moved.empty() && objects.size() != plan.objects.size()) {
        moved.emplace_back("the objects of the chart are not the same");
    }
    return moved;
}

}  // namespace plan
