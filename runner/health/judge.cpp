#include "health/judge.hpp"

#include <algorithm>
#include <utility>

#include "health/case.hpp"

namespace health {

using model::Finding;
using model::Severity;

void Case::fail(std::string rule, std::string subject, std::string message, std::string hint) {
    add({Severity::failure, std::move(rule), std::move(subject), std::move(message), std::move(hint)});
}

void Case::warn(std::string rule, std::string subject, std::string message, std::string hint) {
    add({Severity::warning, std::move(rule), std::move(subject), std::move(message), std::move(hint)});
}

void Case::note(std::string text) {
    if (std::ranges::find(health_.notes, text) == health_.notes.end()) {
        health_.notes.push_back(std::move(text));
    }
}

void Case::add(Finding finding) {
    const bool known = std::ranges::any_of(health_.findings, [&finding](const Finding& other) {
        return other.rule == finding.rule && other.subject == finding.subject && other.message == finding.message;
    });
    if (!known) {
        health_.findings.push_back(std::move(finding));
    }
}

std::string Case::name_of(std::uint64_t id) const {
    for (const auto& member : seen_.members) {
        if (member.status && member.status->member_id == id) {
            return member.pod;
        }
    }
    for (const auto& member : seen_.members) {
        for (const auto& listed : member.members.value_or(std::vector<model::ListedMember>())) {
            if (listed.id == id && !listed.name.empty()) {
                return listed.name;
            }
        }
    }
    return "member " + model::hex_id(id);
}

model::ClusterHealth Case::close() {
    std::ranges::stable_sort(health_.findings, {}, &Finding::severity);
    health_.members = std::move(seen_.members);
    health_.certificates = std::move(seen_.certificates);
    return std::move(health_);
}

model::ClusterHealth judge(model::Observations seen) {
    Case one(std::move(seen));
    for (const auto& text : one.seen().notes) {
        one.note(text);
    }
    judge_answers(one);
    judge_membership(one);
    judge_data(one);
    judge_certificates(one);
    judge_pods(one);
    judge_metrics(one);
    return one.close();
}

model::ClusterHealth judge(std::vector<model::MemberAnswers> members, std::size_t replicas) {
    return judge(model::Observations{.members = std::move(members), .replicas = replicas});
}

}  // namespace health
