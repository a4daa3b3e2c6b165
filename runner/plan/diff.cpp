#include "plan/diff.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/redaction.hpp"
#include "base/text.hpp"
#include "plan/case.hpp"

namespace plan {
namespace {

using model::FieldChange;

constexpr std::size_t longest_value = std::size_t{64} << 10U;
constexpr std::string_view hidden = "(secret)";

// What the API server writes by itself, with each write or at its own time.
constexpr std::array of_the_server{
    "metadata.managedFields",
    "metadata.resourceVersion",
    "metadata.generation",
    "metadata.uid",
    "metadata.creationTimestamp",
    "metadata.selfLink",
    "status",
};
// Written by kubectl and by controllers, never by a chart; and what helm itself adds as it applies, which a
// rendering does not have yet. https://github.com/helm/helm/blob/main/pkg/action/validate.go
constexpr std::array annotations_of_others{"kubectl.kubernetes.io/last-applied-configuration",
                                           "deployment.kubernetes.io/revision", "meta.helm.sh/release-name",
                                           "meta.helm.sh/release-namespace"};
constexpr std::string_view helms_label = "app.kubernetes.io/managed-by";

// By what an element of a list is named, as the API's merge keys have it.
// https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
constexpr std::array naming_keys{"name", "containerPort", "port", "mountPath",     "devicePath",
                                 "key",  "topologyKey",   "type", "conditionType", "ip"};

// "containers[etcd]", and quoted where the key itself has such signs.
std::string joined(const std::string& path, const std::string& key) {
    if (key.find_first_of(".[]/\" ") != std::string::npos || key.empty()) {
        return path + "[" + Json(key).dump() + "]";
    }
    return path.empty() ? key : path + "." + key;
}

std::string text_of(const Json& value) {
    auto text =
        value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
    return base::shorten(base::printable(text), longest_value);
}

// Of a text of several lines, and of a list of texts (arguments), those that hold a secret by its name are hidden
// whole: "password: x", "--root-token=x", and what follows "--password".
std::string hidden_where_named(const std::string& line, bool& hides_next) {
    constexpr std::string_view around = " \t{}[],:=\"'";
    const bool hides = std::exchange(hides_next, false) && !line.starts_with('-');
    for (std::size_t begin = 0; begin < line.size();) {
        begin = std::min(line.find_first_not_of(around, begin), line.size());
        const auto end = std::min(line.find_first_of(around, begin), line.size());
        const auto word = line.substr(begin, end - begin);
        const auto letters = word.find_first_not_of('-');
        if (letters != std::string::npos && base::names_a_secret(word.substr(letters))) {
            hides_next = word == line && line.starts_with('-');
            return hides_next ? line : std::string(hidden);
        }
        begin = end;
    }
    return hides ? std::string(hidden) : line;
}

std::string without_secrets(const Json& value) {
    bool hides_next = false;
    if (value.is_array()) {
        Json shown = Json::array();
        for (const auto& one : value) {
            shown.push_back(one.is_string() ? Json(hidden_where_named(one.get<std::string>(), hides_next)) : one);
        }
        return text_of(shown);
    }
    if (value.is_string() && value.get_ref<const std::string&>().contains('\n')) {
        std::vector<std::string> lines;
        for (const auto& line : base::split(value.get<std::string>(), '\n')) {
            lines.push_back(hidden_where_named(line, hides_next));
        }
        return text_of(Json(base::join(lines, "\n")));
    }
    return text_of(value);
}

// The element's name for lists that are paired by `key`.
std::string name_of(const Json& element, const char* key) {
    const auto& name = element.at(key);
    return name.is_string() ? name.get<std::string>() : name.dump();
}

// By which key the elements of both lists can be told apart; null: by none.
const char* naming_key(const Json& before, const Json& after) {
    const auto names_all = [](const Json& list, const char* key) {
        std::set<std::string> names;
        return std::ranges::all_of(list, [&](const Json& element) {
            return element.is_object() && element.contains(key) && element.at(key).is_primitive() &&
                   names.insert(name_of(element, key)).second;
        });
    };
    const auto fits = std::ranges::find_if(
        naming_keys, [&](const char* key) { return names_all(before, key) && names_all(after, key); });
    return fits == naming_keys.end() ? nullptr : *fits;
}

class Differ {
public:
    // `partly`: what `after` does not set is no change, and texts may stand for other scalars.
    Differ(bool is_secret, bool partly) : is_secret_(is_secret), partly_(partly) {}

    void compare(const std::string& path, const Json* before, const Json* after) {
        if (before != nullptr && after != nullptr && (*before == *after || (partly_ && reads_alike(*before, *after)))) {
            return;
        }
        if (partly_ && (after == nullptr || after->is_null() || (before == nullptr && says_nothing(*after)))) {
            return;
        }
        if (std::ranges::find(of_the_server, path) != of_the_server.end()) {
            return;
        }
        const bool objects = is(before, &Json::is_object) && is(after, &Json::is_object);
        const bool lists = is(before, &Json::is_array) && is(after, &Json::is_array);
        if (objects && !(is_empty(before) && is_empty(after))) {
            compare_objects(path, before, after);
        } else if (lists && has_objects(before) == has_objects(after) && (has_objects(before) || has_objects(after))) {
            compare_lists(path, before, after);
        } else {
            tell(path, before, after);
        }
    }

    [[nodiscard]] std::vector<FieldChange> take() { return std::move(changes_); }

private:
    static bool reads_alike(const Json& one, const Json& other) {
        return one.is_primitive() && other.is_primitive() && text_of(one) == text_of(other);
    }
    // What the API server does not keep, since it is the default: 0, "", {}.
    static bool says_nothing(const Json& value) {
        return value.empty() || value == 0 || value == false ||
               (value.is_string() && value.get_ref<const std::string&>().empty());
    }
    // Also when there is nothing: then the other side is told field by field.
    static bool is(const Json* value, bool (Json::*kind)() const noexcept) {
        return value == nullptr || (value->*kind)();
    }
    static bool is_empty(const Json* value) { return value == nullptr || value->empty(); }
    static bool has_objects(const Json* list) {
        return list != nullptr && std::ranges::any_of(*list, [](const Json& one) { return one.is_object(); });
    }

    void compare_objects(const std::string& path, const Json* before, const Json* after) {
        std::set<std::string> keys;
        for (const auto* side : {before, after}) {
            if (side != nullptr) {
                for (const auto& [key, value] : side->items()) {
                    keys.insert(key);
                }
            }
        }
        const bool of_others = path == "metadata.annotations";
        const bool in_labels = path == "metadata.labels";
        for (const auto& key : keys) {
            if (of_others && std::ranges::find(annotations_of_others, key) != annotations_of_others.end()) {
                continue;
            }
            if (in_labels && key == helms_label && find(after, key) == nullptr) {
                continue;
            }
            compare(joined(path, key), find(before, key), find(after, key));
        }
    }

    void compare_lists(const std::string& path, const Json* before, const Json* after) {
        static const Json none = Json::array();
        const auto& old_list = before == nullptr ? none : *before;
        const auto& new_list = after == nullptr ? none : *after;
        const auto* key = naming_key(old_list, new_list);
        if (key == nullptr) {
            for (std::size_t i = 0; i < std::max(old_list.size(), new_list.size()); ++i) {
                const auto* old_one = i < old_list.size() ? &old_list[i] : nullptr;
                const auto* new_one = i < new_list.size() ? &new_list[i] : nullptr;
                const int hides = is_named_a_secret(old_one) || is_named_a_secret(new_one) ? 1 : 0;
                hides_below_ += hides;
                compare(path + "[" + std::to_string(i) + "]", old_one, new_one);
                hides_below_ -= hides;
            }
            return;
        }
        std::vector<std::string> names;
        for (const auto* list : {&old_list, &new_list}) {
            for (const auto& element : *list) {
                if (std::ranges::find(names, name_of(element, key)) == names.end()) {
                    names.push_back(name_of(element, key));
                }
            }
        }
        const auto named = [key](const Json& list, const std::string& name) -> const Json* {
            const auto found = std::ranges::find_if(list, [&](const Json& one) { return name_of(one, key) == name; });
            return found == list.end() ? nullptr : &*found;
        };
        for (const auto& name : names) {
            compare(path + "[" + base::printable(name) + "]", named(old_list, name), named(new_list, name));
        }
    }

    static const Json* find(const Json* object, const std::string& key) {
        if (object == nullptr) {
            return nullptr;
        }
        const auto found = object->find(key);
        return found == object->end() ? nullptr : &*found;
    }

    // {name: ETCD_ROOT_PASSWORD, value: …} among others that cannot be told apart by their names.
    static bool is_named_a_secret(const Json* element) {
        const auto* name = element != nullptr && element->is_object() ? find(element, "name") : nullptr;
        return name != nullptr && name->is_string() && base::names_a_secret(name->get_ref<const std::string&>());
    }

    // A Secret's data; a variable's value, named by the element that it stands in; or the field itself.
    [[nodiscard]] bool holds_secret(const std::string& path) const {
        if (is_secret_ && (path.starts_with("data") || path.starts_with("stringData"))) {
            return true;
        }
        const auto field = path.rfind('.');
        if (path.ends_with("].value")) {
            const auto bracket = path.rfind('[', field);
            return base::names_a_secret(path.substr(bracket + 1, field - bracket - 2));
        }
        return base::names_a_secret(path.substr(field == std::string::npos ? 0 : field + 1));
    }

    void tell(const std::string& path, const Json* before, const Json* after) {
        FieldChange change{.path = path, .before = {}, .after = {}};
        const bool secret = hides_below_ > 0 || holds_secret(path);
        const auto shown = [secret](const Json& value) {
            return secret ? std::string(hidden) : without_secrets(value);
        };
        if (before != nullptr) {
            change.before = shown(*before);
        }
        if (after != nullptr) {
            change.after = shown(*after);
        }
        changes_.push_back(std::move(change));
    }

    bool is_secret_;
    bool partly_;
    int hides_below_ = 0;  // within so many elements that are named like a secret
    std::vector<FieldChange> changes_;
};

std::vector<FieldChange> compared(const Json* before, const Json& after, bool partly) {
    const auto kind = after.find("kind");
    Differ differ(kind != after.end() && *kind == "Secret", partly);
    differ.compare({}, before, &after);
    return differ.take();
}

// What says which object it is.
bool is_identity(const FieldChange& field) {
    constexpr std::array fields{"apiVersion", "kind", "metadata.name", "metadata.namespace"};
    return std::ranges::find(fields, field.path) != fields.end();
}

}  // namespace

base::Result<std::vector<FieldChange>> diff(std::string_view before, std::string_view after) {
    TRY_ASSIGN(const auto old_object, parse_object(before));
    TRY_ASSIGN(const auto new_object, parse_object(after));
    return compared(&old_object, new_object, false);
}

base::Result<std::vector<FieldChange>> differing(std::string_view live, std::string_view manifest) {
    TRY_ASSIGN(const auto there, parse_object(live));
    TRY_ASSIGN(const auto wanted, parse_object(manifest));
    return compared(&there, wanted, true);
}

base::Result<std::vector<FieldChange>> fields_of(std::string_view manifest) {
    TRY_ASSIGN(const auto object, parse_object(manifest));
    auto fields = compared(nullptr, object, false);
    std::erase_if(fields, is_identity);
    return fields;
}

}  // namespace plan
