#include "plan/additions.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "plan/case.hpp"
#include "plan/diff.hpp"

namespace plan {
namespace {

constexpr int deepest = 64;

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

bool holds_nothing(const Json& value) {
    return value.is_null() || (value.is_structured() && value.empty());
}

// Takes out of `value` what `theirs` names and `ours` does not. Elements of lists become null, so that none moves.
void take_out(Json& value, const Json& theirs, const Json& ours, int depth) {
    if (!theirs.is_object() || depth > deepest) {
        return;
    }
    for (const auto& [key, below] : theirs.items()) {
        auto* there = named(value, key);
        if (there == nullptr) {
            continue;
        }
        const auto own = ours.is_object() ? ours.find(key) : ours.end();
        const bool is_shared = ours.is_object() && own != ours.end();
        const bool is_leaf = !below.is_object() || below.empty();
        if (is_leaf) {
            if (!is_shared) {
                *there = nullptr;
            }
            continue;
        }
        take_out(*there, below, is_shared ? *own : Json::object(), depth + 1);
        if (!is_shared && holds_nothing(*there)) {
            *there = nullptr;
        }
    }
    if (value.is_object()) {
        for (auto entry = value.begin(); entry != value.end();) {
            entry = entry->is_null() ? value.erase(entry) : std::next(entry);
        }
    }
}

void drop_nulls(Json& value, int depth) {
    if (depth > deepest) {
        return;
    }
    if (value.is_array()) {
        value.erase(std::remove(value.begin(), value.end(), Json()), value.end());
    }
    if (value.is_structured()) {
        for (auto& below : value) {
            drop_nulls(below, depth + 1);
        }
    }
}

// Both name what a manager has: one tree of all.
void unite(Json& all, const Json& more, int depth) {
    if (!more.is_object() || depth > deepest) {
        return;
    }
    for (const auto& [key, below] : more.items()) {
        auto& place = all[key];
        if (place.is_null()) {
            place = Json::object();
        }
        unite(place, below, depth + 1);
    }
}

}  // namespace

base::Result<std::vector<model::FieldChange>> additions_of_others(std::string_view live) {
    TRY_ASSIGN(auto object, parse_object(live));
    Json theirs = Json::object();
    Json ours = Json::object();
    for (const auto& entry : at(object, "metadata.managedFields")) {
        unite(is_other(entry) ? theirs : ours, at(entry, "fieldsV1"), 0);
    }
    if (theirs.empty()) {
        return {};
    }
    take_out(object, theirs, ours, 0);
    drop_nulls(object, 0);
    return diff(object.dump(), live);
}

}  // namespace plan
