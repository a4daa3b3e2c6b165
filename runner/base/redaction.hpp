// Secrets never reach logs, the summary, outputs or annotations. Everything
// that the program prints or records passes through one Redactor, which sits in
// the log's sink, in the process runner and in the reports - not at call sites.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace base {

// Thread-safe. Owns the known secret values of this run.
class Redactor {
public:
    // What it would do more harm than good to mask everywhere is ignored: values shorter
    // than four characters, words of YAML and JSON ("true", "null"), numbers below 100000,
    // and text without a letter or digit. A value of several lines is also masked line by
    // line: each line of eight characters or more that is not structure (a PEM header, a
    // YAML key); of "key: value" lines the value, if the key names a secret. The base64
    // forms of the whole value are masked as well, also within something larger that is
    // base64 (all but at most one digit at each end), and how it stands in quotes.
    void add(std::string_view secret);

    // Every byte that belongs to a known secret is gone; each run of them becomes "***".
    [[nodiscard]] std::string redact(std::string_view text) const;

    // Every text that is masked and has no line break, longest first (for "::add-mask::"
    // commands, which mask whole lines).
    [[nodiscard]] std::vector<std::string> values() const;

private:
    void remember(std::string_view secret);

    mutable std::mutex mutex_;
    std::vector<std::string> secrets_;  // longest first, each once
};

// True for names of settings whose value is nobody's business: "password", "token",
// "privateKey", "auth.rbac.rootPassword", "ETCD_ROOT_PASSWORD" … False for names of things
// about secrets: "existingSecret", "tokenTTL", "image.pullSecrets[0]", "passwordFile".
[[nodiscard]] bool names_a_secret(std::string_view name);

}  // namespace base
