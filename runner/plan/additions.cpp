#include "plan/additions.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "plan/case.hpp"
#include "plan/diff.hpp"

namespace plan {
namespace {

bool is_other(const Json& entry) {
    constexpr std::array<std::string_view, 6> known{"helm",    "etcd-deploy",    "kube-controller-manager",
                                                    "kubelet", "kube-scheduler", "cloud-controller-manager"};
    const auto manager = text(at(entry, "manager"));
    const bool is_known = std::ranges::any_of(
        known, [&](const auto name) { return manager == name || manager.starts_with(std::string(name) + "-"); });
    return !is_known && text(at(entry, "subresource")).empty();
}

// What `fields` (fieldsV1) says of `value`: the element or member that a key of it names; null when it is not there.
Json* named(Json& value, const std::string& key) {
    if (key.starts_with("f:") && value.is_object()) {
        const auto found = value.find(key.substr(2));
        return found == value.end() ? nullptr : &*found;
    }
    if (!value.is_array() || key.size() < 2) {
        return nullptr;
    }
    const auto wanted = Json::parse(key.substr(2), nullptr, false);
    const auto found = std::ranges::find_if(value, [&](const Json& element) {
        if (key.starts_with("v:")) {
            return element == wanted;
        }
        return key.starts_with("k:") && wanted.is_object() && element.is_object() &&
               std::ranges::all_of(wanted.items(), [&](const auto& part) {
                   const auto own = element.find(part.key());
                   return own != element.end() && *own == part.value();
               });
    });
    return found == value.end() ? nullptr : &*found;
}

// Takes out of `value` what `theirs` names and `ours` does not. Elements of lists become null, so that none moves.
void take_out(Json& value, const Json& theirs, const Json& ours) {
    if (!theirs.is_object()) {
        return;
    }
    for (const auto& [key, below] : theirs.items()) {
        auto* there = named(value, key);
        if (there == nullptr) {
            continue;
        }
        const auto own = ours.find(key);
        const bool is_shared = own != ours.end();
        const bool is_leaf = !below.is_object() || below.empty();
        if (is_leaf) {
            if (!is_shared) {
                *there = nullptr;
            }
            continue;
        }
        take_out(*there, below, is_shared ? *own : Json::object());
        if (!is_shared && there->empty()) {
            *there = nullptr;
        }
    }
    if (value.is_object()) {
        for (auto entry = value.begin(); entry != value.end();) {
            entry = entry->is_null() ? value.erase(entry) : std::next(entry);
        }
    }
}

void drop_nulls(Json& value) {
    if (value.is_array()) {
        value.erase(std::remove(value.begin(), value.end(), Json()), value.end());
    }
    if (value.is_structured()) {
        for (auto& below : value) {
            drop_nulls(below);
        }
    }
}

// Both name what a manager has: one tree of all.
void unite(Json& all, const Json& more) {
    if (!more.is_object()) {
        return;
    }
    for (const auto& [key, below] : more.items()) {
        auto& place = all[key];
        if (place.is_null()) {
            place = Json::object();
        }
        unite(place, below);
    }
}

}  // namespace

base::Result<std::vector<model::FieldChange>> additions_of_others(std::string_view live) {
    TRY_ASSIGN(auto object, parse_object(live));  // nested no deeper than one may follow
    Json theirs = Json::object();
    Json ours = Json::object();
    for (const auto& entry : at(object, "metadata.managedFields")) {
        unite(is_other(entry) ? theirs : ours, at(entry, "fieldsV1"));
    }
    if (theirs.empty()) {
        return {};
    }
    take_out(object, theirs, ours);
    drop_nulls(object);
    return diff(object.dump(), live);
}

}  // namespace plan
