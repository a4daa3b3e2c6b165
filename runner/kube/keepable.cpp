// What of the cluster's objects may be kept in a file that others will read.
#include <array>

#include "base/redaction.hpp"
#include "kube/json.hpp"
#include "kube/surroundings.hpp"

namespace kube {
namespace {

using json::Value;

constexpr const char* hidden = "***";
// kubectl's copy of what was applied: the same values again, as text.
constexpr const char* applied_copy = "kubectl.kubernetes.io/last-applied-configuration";

class Cleaner {
public:
    explicit Cleaner(std::vector<std::string>& secrets) : secrets_(secrets) {}

    void clean(Value& value) {
        if (value.is_array()) {
            for (auto& item : value) {
                clean(item);
            }
            return;
        }
        if (!value.is_object()) {
            return;
        }
        for (auto entry = value.begin(); entry != value.end(); ++entry) {
            if (entry.key() == "env" && entry->is_array()) {
                variables(*entry);
            } else if ((entry.key() == "command" || entry.key() == "args") && entry->is_array()) {
                arguments(*entry);
            } else if (entry.key() == "annotations" && entry->is_object()) {
                annotations(*entry);
            } else if ((entry.key() == "data" || entry.key() == "stringData") && is_secret(value)) {
                *entry = hidden;  // none is ever listed; if one comes all the same, it stays out
            } else {
                clean(*entry);
            }
        }
    }

private:
    static bool is_secret(const Value& object) {
        const auto& kind = json::member(object, "kind");
        return kind.is_string() && kind.get_ref<const std::string&>() == "Secret";
    }

    void hide(Value& value) {
        secrets_.push_back(value.get<std::string>());
        value = hidden;
    }

    void variables(Value& list) {
        for (auto& variable : list) {
            const auto& name = json::member(variable, "name");
            const auto& value = json::member(variable, "value");
            if (name.is_string() && value.is_string() && !value.get_ref<const std::string&>().empty() &&
                base::names_a_secret(name.get_ref<const std::string&>())) {
                hide(variable["value"]);
            }
        }
    }

    void annotations(Value& all) {
        all.erase(applied_copy);
        for (auto entry = all.begin(); entry != all.end(); ++entry) {
            if (entry->is_string() && !entry->get_ref<const std::string&>().empty() && names_a_secret(entry.key())) {
                hide(*entry);
            }
        }
    }

    // "--password=x", "--password" "x", and "PASSWORD=x" within a shell's script.
    void arguments(Value& list) {
        bool next_is_secret = false;
        for (auto& argument : list) {
            if (!argument.is_string()) {
                continue;
            }
            const auto text = argument.get<std::string>();
            if (next_is_secret && !text.starts_with('-')) {
                hide(argument);
                next_is_secret = false;
                continue;
            }
            next_is_secret = text.starts_with('-') && !text.contains('=') && names_a_secret(text);
            argument = without_assignments(text);
        }
    }

    static bool names_a_secret(std::string_view word) {
        const auto first = word.find_first_not_of("-\"'");
        return first != std::string_view::npos && base::names_a_secret(word.substr(first));
    }

    std::string without_assignments(const std::string& text) {
        constexpr std::string_view between = " \t\r\n;&|";
        std::string result;
        for (std::size_t begin = 0; begin < text.size();) {
            const auto end = std::min(text.find_first_of(between, begin), text.size());
            const std::string word = text.substr(begin, end - begin);
            const auto equals = word.find('=');
            if (equals != std::string::npos && equals + 1 < word.size() && names_a_secret(word.substr(0, equals))) {
                secrets_.push_back(word.substr(equals + 1));
                result += word.substr(0, equals + 1) + hidden;
            } else {
                result += word;
            }
            if (end < text.size()) {
                result += text[end];
            }
            begin = end + 1;
        }
        return result;
    }

    std::vector<std::string>& secrets_;
};

}  // namespace

base::Result<Keepable> keepable(std::string_view list_json) {
    return json::guarded("a list of the Kubernetes API", [&] {
        Keepable kept;
        auto parsed = json::parse(list_json);
        Cleaner(kept.secrets).clean(parsed);
        kept.json = parsed.dump(2, ' ', false, Value::error_handler_t::replace) + "\n";
        return kept;
    });
}

}  // namespace kube
