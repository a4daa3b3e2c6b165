#include "kube/json.hpp"

namespace kube::json {

namespace {

// The deepest objects of Kubernetes (a pod's affinity terms) have about fifteen levels.
constexpr int deepest = 64;

const Value null;

// nlohmann's words quote the text around the fault, which may be part of a Secret.
Value parse_quietly(std::string_view text, const Value::parser_callback_t& keep) {
    try {
        return Value::parse(text, keep);
    } catch (const Value::parse_error& error) {
        throw Malformed("it is no JSON (at byte " + std::to_string(error.byte) + ")");
    }
}

}  // namespace

Value parse(std::string_view text) {
    bool too_deep = false;
    const auto keep = [&](int depth, Value::parse_event_t event, Value& parsed) {
        too_deep = too_deep || depth > deepest;
        const bool is_clutter = event == Value::parse_event_t::key && parsed.is_string() &&
                                parsed.get_ref<const std::string&>() == "managedFields";
        return !too_deep && !is_clutter;
    };
    Value value = parse_quietly(text, keep);
    if (too_deep) {
        throw Malformed("it is nested too deeply");
    }
    return value;
}

const Value& member(const Value& parent, const char* key) {
    if (!parent.is_object()) {
        return null;
    }
    const auto found = parent.find(key);
    return found == parent.end() ? null : *found;
}

const Value& object(const Value& parent, const char* key) {
    const Value& value = member(parent, key);
    if (!value.is_object() && !value.is_null()) {
        throw Malformed(std::string(key) + " is no object");
    }
    return value;
}

const Value& array(const Value& parent, const char* key) {
    const Value& value = member(parent, key);
    if (!value.is_array() && !value.is_null()) {
        throw Malformed(std::string(key) + " is no list");
    }
    return value;
}

std::string text(const Value& parent, const char* key) {
    const Value& value = member(parent, key);
    if (value.is_null()) {
        return {};
    }
    if (!value.is_string()) {
        throw Malformed(std::string(key) + " is no text");
    }
    return value.get<std::string>();
}

std::string required_text(const Value& parent, const char* key) {
    auto value = text(parent, key);
    if (value.empty()) {
        throw Malformed(std::string(key) + " is missing");
    }
    return value;
}

std::map<std::string, std::string> texts(const Value& parent, const char* key) {
    std::map<std::string, std::string> texts;
    const Value& entries = object(parent, key);
    for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
        if (!entry->is_string()) {
            throw Malformed(std::string(key) + " holds something that is no text");
        }
        texts.emplace(entry.key(), entry->get<std::string>());
    }
    return texts;
}

bool boolean(const Value& parent, const char* key) {
    const Value& value = member(parent, key);
    if (value.is_null()) {
        return false;
    }
    if (!value.is_boolean()) {
        throw Malformed(std::string(key) + " is neither true nor false");
    }
    return value.get<bool>();
}

std::int64_t wide_integer(const Value& parent, const char* key, std::int64_t fallback) {
    const Value& value = member(parent, key);
    if (value.is_null()) {
        return fallback;
    }
    if (!value.is_number_integer() ||
        (value.is_number_unsigned() && !std::in_range<std::int64_t>(value.get<std::uint64_t>()))) {
        throw Malformed(std::string(key) + " is no whole number");
    }
    return value.get<std::int64_t>();
}

}  // namespace kube::json
