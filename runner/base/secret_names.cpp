// Which names of settings stand for secrets: names_a_secret().
#include <algorithm>
#include <array>

#include "base/redaction.hpp"
#include "base/text.hpp"

namespace base {
namespace {

bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

bool is_lower_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// The last step of a path, list indices removed: "a.extraEnvVars[0].DB_PASS" -> "DB_PASS".
// A dot that is escaped for helm ("tls\.key") stays within its step.
std::string_view last_step(std::string_view path) {
    while (path.ends_with(']')) {
        const std::size_t open = path.rfind('[');
        if (open == std::string_view::npos) {
            break;
        }
        path = path.substr(0, open);
    }
    for (std::size_t dot = path.rfind('.'); dot != std::string_view::npos && dot > 0; dot = path.rfind('.', dot - 1)) {
        if (path[dot - 1] != '\\') {
            return path.substr(dot + 1);
        }
    }
    return path;
}

// "rootPassword", "root-password", "ROOT_PASSWORD" -> {root, password}; "TLSKey" -> {tls, key}.
std::vector<std::string> words_of(std::string_view name) {
    std::vector<std::string> words(1);
    for (std::size_t index = 0; index < name.size(); ++index) {
        const char c = name[index];
        if (!is_upper(c) && !is_lower_or_digit(c)) {
            words.emplace_back();
            continue;
        }
        const bool hump = index > 0 && is_upper(c) && is_lower_or_digit(name[index - 1]);
        const bool after_acronym = index > 0 && is_upper(c) && is_upper(name[index - 1]) && index + 1 < name.size() &&
                                   is_lower_or_digit(name[index + 1]) && !is_digit(name[index + 1]);
        if (hump || after_acronym) {
            words.emplace_back();
        }
        words.back() += lower(name.substr(index, 1));
    }
    std::erase(words, "");
    return words;
}

bool is_one_of(std::string_view word, const auto& list) {
    return std::ranges::find(list, word) != list.end();
}

bool is_secret_word(const std::string& word) {
    constexpr std::array endings{"password",  "passwords",  "passwd",     "passphrase",  "secret",          "secrets",
                                 "token",     "tokens",     "credential", "credentials", "apikey",          "accesskey",
                                 "secretkey", "privatekey", "kubeconfig", "htpasswd",    "dockerconfigjson"};
    constexpr std::array whole{"pass", "pwd"};
    return is_one_of(word, whole) ||
           std::ranges::any_of(endings, [&word](const char* ending) { return word.ends_with(ending); });
}

// What makes a "key" a secret one. A key by itself is not: tolerations have keys.
bool is_secret_key(const std::vector<std::string>& words) {
    constexpr std::array owners{"api",  "access", "private", "client",  "server",
                                "peer", "tls",    "ssh",     "signing", "encryption"};
    for (std::size_t index = 1; index < words.size(); ++index) {
        if ((words[index] == "key" || words[index] == "keys") && is_one_of(words[index - 1], owners)) {
            return true;
        }
    }
    return false;
}

// "existingSecretPasswordKey", "tokenTTL", "passwordFile" … tell about a secret, not it.
bool is_about_a_secret(const std::vector<std::string>& words) {
    constexpr std::array first{"existing", "automount", "use", "pull", "allow", "create"};
    constexpr std::array last{"name",    "names", "ref",    "refs",   "ttl",    "file", "files",      "path",
                              "enabled", "type",  "policy", "length", "expiry", "url",  "expiration", "issuer"};
    // The token of etcd's initial cluster keeps clusters apart; it grants nothing.
    const bool cluster_token = words.size() >= 2 && words.back() == "token" && words[words.size() - 2] == "cluster";
    const bool pull_secrets = words.size() >= 2 && words.back() == "secrets" && words[words.size() - 2] == "pull";
    return is_one_of(words.front(), first) || is_one_of(words.back(), last) || cluster_token || pull_secrets;
}

}  // namespace

bool names_a_secret(std::string_view name) {
    const std::vector<std::string> words = words_of(last_step(name));
    if (words.empty() || is_about_a_secret(words)) {
        return false;
    }
    if (std::ranges::any_of(words, is_secret_word) || is_secret_key(words)) {
        return true;
    }
    // Below "secrets:" or "passwords:" every entry is one.
    constexpr std::array holders{"secrets", "passwords", "tokens", "credentials"};
    const std::vector<std::string> steps = split(name, '.');
    return std::any_of(steps.begin(), steps.end() - 1,
                       [&](const std::string& step) { return is_one_of(lower(step), holders); }) ||
           lower(name).ends_with("tls.key");
}

}  // namespace base
