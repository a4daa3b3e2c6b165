// The one table from what went wrong to what the user sees: exit code, and
// heading in the summary and the annotation. docs/exit-codes.md shows it; a test
// holds the two together.
#pragma once

#include <array>
#include <string_view>

#include "base/result.hpp"

namespace model {

struct ExitCode {
    int number;
    std::string_view meaning;
};

inline constexpr std::array exit_codes{
    ExitCode{0, "done"},
    ExitCode{1, "a check found a difference"},
    ExitCode{2, "bad input"},
    ExitCode{3, "refused before touching anything (unreachable, forbidden, a blocking finding)"},
    ExitCode{4, "helm failed"},
    ExitCode{5, "rollout failed"},
    ExitCode{6, "rollout timed out"},
    ExitCode{7, "etcd unhealthy"},
    ExitCode{8, "backup or restore failed"},
    ExitCode{9, "locked by another run"},
    ExitCode{70, "a bug"},
    ExitCode{130, "cancelled"},
};

struct FailureKind {
    base::ErrorCode code;
    int exit_code;
    std::string_view heading;
};

// One row per base::ErrorCode.
inline constexpr std::array failure_kinds{
    FailureKind{base::ErrorCode::bad_input, 2, "Bad input"},
    FailureKind{base::ErrorCode::unreachable, 3, "Kubernetes cannot be reached"},
    FailureKind{base::ErrorCode::unauthorized, 3, "Kubernetes does not accept the credentials"},
    FailureKind{base::ErrorCode::forbidden, 3, "Kubernetes forbids it"},
    FailureKind{base::ErrorCode::not_found, 3, "Not found"},
    FailureKind{base::ErrorCode::gone, 70, "Internal error"},
    FailureKind{base::ErrorCode::conflict, 3, "Somebody else changed it"},
    FailureKind{base::ErrorCode::protocol, 3, "An answer that makes no sense"},
    FailureKind{base::ErrorCode::io, 3, "The machine failed"},
    FailureKind{base::ErrorCode::refused, 3, "Refused"},
    FailureKind{base::ErrorCode::helm_unusable, 3, "Helm cannot be used"},
    FailureKind{base::ErrorCode::helm_failed, 4, "Helm failed"},
    FailureKind{base::ErrorCode::rollout_failed, 5, "Rollout failed"},
    FailureKind{base::ErrorCode::rollout_timed_out, 6, "Rollout timed out"},
    FailureKind{base::ErrorCode::etcd_unhealthy, 7, "etcd is unhealthy"},
    FailureKind{base::ErrorCode::difference, 1, "A check found a difference"},
    FailureKind{base::ErrorCode::locked, 9, "Locked by another run"},
    FailureKind{base::ErrorCode::timed_out, 3, "Timed out"},
    FailureKind{base::ErrorCode::cancelled, 130, "Cancelled"},
    FailureKind{base::ErrorCode::bug, 70, "Internal error"},
};

[[nodiscard]] constexpr const FailureKind& failure_kind(base::ErrorCode code) {
    for (const auto& kind : failure_kinds) {
        if (kind.code == code) {
            return kind;
        }
    }
    return failure_kinds.back();
}

}  // namespace model
