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
    // Values shorter than four characters are not secrets worth the damage of
    // masking them everywhere; they are ignored. A value of several lines is
    // also masked line by line. Its base64 form is masked as well.
    void add(std::string_view secret);

    // Every known secret replaced by "***".
    [[nodiscard]] std::string redact(std::string_view text) const;

    // The values as registered (for "::add-mask::" commands).
    [[nodiscard]] std::vector<std::string> values() const;

private:
    mutable std::mutex mutex_;
    std::vector<std::string> secrets_;  // longest first, so that parts do not survive
};

// True for names of settings whose value is nobody's business: "password",
// "token", "secret", "privateKey", "auth.rbac.rootPassword" ...
[[nodiscard]] bool names_a_secret(std::string_view name);

}  // namespace base
