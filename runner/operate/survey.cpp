#include "operate/survey.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

namespace operate {

base::Result<std::vector<model::MemberAnswers>> survey(const Run& run, EtcdMembers& members, const rollout::View& view,
                                                       const model::StatefulSet& set) {
    std::vector<const model::Pod*> pods;
    for (const auto* pod : view.pods_of(set.meta.uid)) {
        const bool is_up = std::ranges::any_of(pod->containers, &model::ContainerStatus::running);
        if (is_up && !pod->terminating()) {
            pods.push_back(pod);
        }
    }
    std::vector<model::MemberAnswers> answers(pods.size());
    std::vector<std::optional<base::Error>> troubles(pods.size());
    std::atomic<bool> asked_for_alarms = false;
    const etcd::Scope scope{.stop = run.stop(),
                            .deadline = std::min(run.deadline(), run.tools().clock.now() + survey_limit)};
    at_once(pods.size(), [&](std::size_t index) {
        answers[index].pod = pods[index]->meta.name;
        answers[index].node = pods[index]->node;
        troubles[index] = ask_in_round(members, *pods[index], scope, asked_for_alarms, answers[index]);
    });
    TRY(check_still_accepted(std::move(troubles)));
    return answers;
}

}  // namespace operate
