#include "diagnose/judge.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "diagnose/rules.hpp"

namespace diagnose {
namespace {

std::string counted(std::size_t number, std::string_view of_them = {}, std::size_t part = 0) {
    return number == 0 ? "none"
                       : std::to_string(number) +
                             (of_them.empty() ? "" : ", " + std::to_string(part) + " " + std::string(of_them));
}

template <typename T>
std::string counted(const Seen<std::vector<T>>& seen) {
    return seen ? counted(seen->size()) : "not seen";
}

// "etcd-0 12 % full, etcd-1 13 % full", as df would say it.
std::string use_of_volumes(const Facts& facts) {
    std::vector<std::string> parts;
    for (const auto& member : facts.answers.value_or(std::vector<model::MemberAnswers>())) {
        if (const auto& volume = member.state.volume; volume && volume->capacity > 0) {
            parts.push_back(member.pod + " " + std::to_string(volume->percent_used()) + " % full");
        }
    }
    return base::join(parts, ", ");
}

std::vector<model::LookedAt> looked_at(const Facts& facts) {
    std::vector<model::LookedAt> all;
    const auto seen = [](bool saw, std::string text) { return saw ? std::move(text) : std::string("not seen"); };
    const auto* release = facts.release_state();
    all.push_back({"helm release", !facts.releases      ? "not seen"
                                   : release == nullptr ? "none"
                                                        : "revision " + std::to_string(release->revision) + ", " +
                                                              quoted(release->status)});
    all.push_back({"StatefulSet", seen(facts.saw_sets, facts.set() == nullptr ? "none" : facts.set_name)});
    const auto members = facts.members();
    const auto ready = std::ranges::count_if(members, &model::Pod::ready);
    all.push_back({"pods", seen(facts.saw_pods, counted(members.size(), "ready", static_cast<std::size_t>(ready)))});
    const auto bound =
        std::ranges::count_if(facts.view.claims(), [](const auto& entry) { return entry.second.phase == "Bound"; });
    all.push_back({"volume claims in the namespace", seen(facts.saw_claims, counted(facts.view.claims().size(), "bound",
                                                                                    static_cast<std::size_t>(bound)))});
    all.push_back({"storage classes", counted(facts.storage_classes)});
    all.push_back({"volumes", counted(facts.volumes)});
    all.push_back({"Services", counted(facts.services)});
    all.push_back({"EndpointSlices", counted(facts.endpoint_slices)});
    all.push_back({"events", seen(facts.saw_events, counted(facts.view.events().size()))});
    all.push_back({"logs of containers", counted(facts.logs.size())});
    const auto answered = !facts.answers ? 0 : std::ranges::count_if(*facts.answers, [](const auto& member) {
        return member.status.has_value();
    });
    all.push_back({"etcd's members", facts.answers
                                         ? counted(facts.answers->size(), "answer", static_cast<std::size_t>(answered))
                                         : "not asked"});
    if (const auto use = use_of_volumes(facts); !use.empty()) {
        all.push_back({"the members' volumes", use});
    }
    return all;
}

}  // namespace

Verdict judge(const Facts& facts) {
    Causes causes;
    Verdict verdict;
    judge_place(facts, causes);
    judge_creation(facts, causes);
    judge_claims(facts, causes);
    judge_pods(facts, causes);
    verdict.health = judge_etcd(facts, causes);
    judge_release(facts, causes);
    verdict.diagnosis = {.causes = causes.ranked(), .looked_at = looked_at(facts), .notes = facts.notes};
    return verdict;
}

}  // namespace diagnose
