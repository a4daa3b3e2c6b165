// One entry of the list of environment variables in a Helm values file, edited in place:
// every byte that is not the value (or the new entry) stays as it was. What cannot be
// edited so is refused with its line; nothing is guessed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace edit {

// Of the name of a variable; no digit comes first.
// https://github.com/kubernetes/apimachinery/blob/v0.34.0/pkg/util/validation/validation.go (IsEnvVarName)
inline constexpr std::string_view name_characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-0123456789";

struct EnvEntry {
    std::string name;  // of the variable: [A-Za-z_.-][A-Za-z0-9_.-]*, at most 200
    // UTF-8 without NUL, at most 128 KiB. Nothing: only whether there is a place for one; then what is shared by
    // others (an alias) is no fault, since it may hold the right value already.
    std::optional<std::string> value;
    std::string path = "env";  // keys from the root to the list, with dots: "backend.env"
    std::string file;          // for messages only
};

enum class Change : std::uint8_t { none, updated, added };

struct Edit {
    Change change = Change::none;
    std::string text;                   // all of it; with Change::none the same
    std::size_t line = 0;               // of the value in `text`, from 1
    std::optional<std::string> before;  // what the value was, when it was a text, number or so
    // The bytes [begin, begin + removed) of the old text became [begin, begin + inserted).
    std::size_t begin = 0;
    std::size_t removed = 0;
    std::size_t inserted = 0;
};

// The list at `path` holds mappings with `name` and `value` (a container's env, as in
// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#environment-variables)
// or is itself a mapping of names to values. The value keeps its way of quoting where that
// can hold the new one, else it gets double quotes; an entry that is not there is added
// behind the others, a list that is not there at the end of its mapping. When the value is
// the text already, nothing changes.
//
// ErrorCode::bad_input, "FILE:LINE: …": no YAML in UTF-8, several documents, aliases and
// merge keys on the way, an anchored value that is used elsewhere, `valueFrom`, a name that
// is there twice, and what else is not as described. ErrorCode::bug: the result, read
// again, differs in more than that value (never seen; this is the safety net).
[[nodiscard]] base::Result<Edit> set_env(std::string_view text, const EnvEntry& entry);

}  // namespace edit
