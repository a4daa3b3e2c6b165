#include "operate/membership.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "etcd/gateway.hpp"

namespace operate {
namespace {

using Members = std::vector<model::ListedMember>;

base::Result<Members> ask_one(EtcdMembers& members, const model::Pod& pod, const etcd::Scope& scope) {
    if (pod.terminating()) {
        return base::fail(base::ErrorCode::unreachable, "it is being deleted");
    }
    TRY_ASSIGN(const auto* member, members.member(pod));
    TRY_ASSIGN(const auto answer, member->post("/v3/cluster/member/list", R"({"linearizable":true})", scope));
    if (answer.status != 200) {
        return base::fail(base::ErrorCode::etcd_unhealthy, etcd::decode_error(answer.status, answer.body));
    }
    TRY_ASSIGN(auto listed, etcd::decode_member_list(answer.body));
    std::ranges::sort(listed, {}, &model::ListedMember::id);
    return listed;
}

base::Error nobody_answers(const std::vector<base::Result<Members>>& answers, const Membership& membership) {
    base::Error error{.code = base::ErrorCode::etcd_unhealthy,
                      .message = "etcd has no pod that could be asked",
                      .context = {},
                      .hint = "deploy it, or look why it is gone: kubectl get statefulsets,pods",
                      .command = {}};
    if (answers.empty()) {
        return error;
    }
    error.message = "no member of etcd says who belongs to it: " + membership.silent.front().first + ": " +
                    base::shorten(membership.silent.front().second, 300);
    error.hint = "nothing was written; see what the pods say (kubectl logs), and run it again when a majority is up";
    // Then waiting is no use, and the first words say what to do.
    const auto refused = [](const auto& answer) { return answer.error().code == base::ErrorCode::unauthorized; };
    if (std::ranges::all_of(answers, refused)) {
        error = answers.front().error();
    }
    return error;
}

}  // namespace

base::Result<Membership> ask_membership(const Run& run, const std::vector<const model::Pod*>& pods,
                                        EtcdMembers& members) {
    std::vector<base::Result<Members>> answers(pods.size());
    const etcd::Scope scope{.stop = run.stop(),
                            .deadline = std::min(run.deadline(), run.tools().clock.now() + answer_limit)};
    at_once(pods.size(), [&](std::size_t index) { answers[index] = ask_one(members, *pods[index], scope); });
    Membership membership;
    const Members* first = nullptr;
    std::string first_pod;
    for (std::size_t index = 0; index < pods.size(); ++index) {
        const auto& answer = answers[index];
        if (!answer) {
            membership.silent.emplace_back(pods[index]->meta.name, answer.error().text());
        } else if (first == nullptr) {
            first = &*answer;
            first_pod = pods[index]->meta.name;
        } else if (*first != *answer) {
            return base::fail(base::ErrorCode::etcd_unhealthy,
                              first_pod + " and " + pods[index]->meta.name +
                                  " do not agree on who belongs to etcd: they form several clusters, or the "
                                  "membership changes just now",
                              "see what each says: kubectl exec POD -- etcdctl member list");
        }
    }
    if (first == nullptr) {
        return std::unexpected(nobody_answers(answers, membership));
    }
    membership.members = *first;
    return membership;
}

}  // namespace operate
