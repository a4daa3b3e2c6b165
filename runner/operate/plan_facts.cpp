#include "operate/plan_facts.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "helm/release.hpp"
#include "kube/manifest.hpp"
#include "kube/surroundings.hpp"
#include "operate/apply_release.hpp"
#include "operate/etcd_members.hpp"
#include "operate/journal.hpp"
#include "operate/plan.hpp"
#include "operate/release.hpp"
#include "operate/rights.hpp"
#include "operate/rolling_plan.hpp"
#include "operate/survey.hpp"
#include "operate/trials.hpp"
#include "plan/places.hpp"
#include "plan/questions.hpp"
#include "plan/trial_pod.hpp"
#include "rollout/revision.hpp"
#include "rollout/view.hpp"
#include "sys/files.hpp"

namespace operate {
namespace {

constexpr std::size_t largest_values_file = std::size_t{1} << 20U;

// What is there now.
struct Now {
    rollout::View view;
    const model::StatefulSet* set = nullptr;  // etcd's, in the view; null: there is none
    std::vector<std::string> notes;
};

base::Result<Now> look(const Run& run) {
    // Claims last: a user who may not list them may deploy all the same.
    constexpr std::array kinds{model::Kind::stateful_set, model::Kind::pod, model::Kind::persistent_volume_claim};
    std::array<base::Result<kube::List>, kinds.size()> lists;
    at_once(kinds.size(), [&](std::size_t index) {
        lists.at(index) = run.tools().kube.list(kinds.at(index), run.namespace_name(), "", run.scope());
    });
    Now now;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        auto& listed = lists.at(i);
        if (!listed && listed.error().code == base::ErrorCode::forbidden &&
            kinds.at(i) == model::Kind::persistent_volume_claim) {
            now.notes.emplace_back(
                "volume claims may not be read by this user: what an earlier cluster left is not known");
            continue;
        }
        TRY_ASSIGN(const auto list, std::move(listed));
        now.view.replace_all(kinds.at(i), list.items);
    }
    if (const auto set = etcd_set(now.view, run.request().release)) {
        now.set = *set;
    }
    return now;
}

// As far as they answer: that they do not is for the rules to judge.
std::vector<model::MemberAnswers> ask_members(const Run& run, const Now& now) {
    if (now.set == nullptr) {
        return {};
    }
    auto members = EtcdMembers::open(run, *now.set);
    if (!members) {
        return {};
    }
    auto answers = survey(run, *members, now.view, *now.set);
    return answers ? std::move(*answers) : std::vector<model::MemberAnswers>();
}

// What may not be readable: then a note says so.
template <typename T>
std::optional<std::vector<T>> read(const Run& run, const kube::Collection& collection, const char* what,
                                   base::Result<std::vector<T>> (*decode)(std::string_view),
                                   std::vector<std::string>& notes) {
    const auto missed = [&](const base::Error& error) {
        notes.push_back(std::string(what) +
                        (error.code == base::ErrorCode::forbidden
                             ? " may not be read by this user"
                             : " could not be read (" + base::shorten(error.message, 200) + ")") +
                        ": what depends on them was not checked");
        return std::nullopt;
    };
    const auto pages = run.tools().kube.pages(collection, run.namespace_name(), run.scope());
    if (!pages) {
        return missed(pages.error());
    }
    std::vector<T> all;
    for (const auto& page : *pages) {
        auto items = decode(page);
        if (!items) {
            return missed(items.error());
        }
        std::ranges::move(*items, std::back_inserter(all));
    }
    return all;
}

// Around the release; each has notes of its own, for they are read at the same time.
struct Around {
    std::optional<std::vector<model::Node>> nodes;
    std::optional<std::vector<model::StorageClass>> classes;
    std::optional<std::vector<model::ResourceQuota>> quotas;
    std::optional<std::vector<model::DisruptionBudget>> budgets;
    std::vector<model::TemplateRevision> revisions;
    std::string lock_holder;
    model::Journal journal;
    std::vector<std::string> notes;
};

// Of what templates the pods are is only asked when they are not all of the newest.
std::vector<model::TemplateRevision> read_revisions(const Run& run, const Now& now, std::vector<std::string>& notes) {
    if (now.set == nullptr) {
        return {};
    }
    const auto& set = *now.set;
    if (std::ranges::none_of(now.view.pods_of(set.meta.uid),
                             [&set](const auto* pod) { return rollout::is_outdated(*pod, set); })) {
        return {};
    }
    auto revisions =
        read(run, kube::controller_revisions, "controller revisions", kube::decode_template_revisions, notes);
    auto all = std::move(revisions).value_or(std::vector<model::TemplateRevision>());
    std::erase_if(all, [&](const auto& one) { return one.owner_uid != set.meta.uid; });
    return all;
}

base::Result<Around> look_around(const Run& run, const Now& now, bool namespace_exists) {
    Around around;
    std::array<std::vector<std::string>, 4> notes;
    base::Result<std::string> holder;
    base::Result<model::Journal> journal;
    base::Result<std::vector<model::DisruptionBudget>> budgets;
    at_once(7, [&](std::size_t index) {
        switch (index) {
            case 0: around.nodes = read(run, kube::nodes, "nodes", kube::decode_nodes, notes[0]); break;
            case 1:
                around.classes =
                    read(run, kube::storage_classes, "storage classes", kube::decode_storage_classes, notes[1]);
                break;
            case 2:
                if (namespace_exists) {
                    around.quotas = read(run, kube::resource_quotas, "quotas", kube::decode_resource_quotas, notes[2]);
                }
                break;
            case 3:
                if (run.request().only_plans() && namespace_exists) {
                    holder = live_lock_holder(run);
                }
                break;
            case 4:
                if (namespace_exists) {
                    budgets = run.tools().kube.disruption_budgets(run.namespace_name(), run.scope());
                }
                break;
            case 5: around.revisions = read_revisions(run, now, notes[3]); break;
            default:
                if (namespace_exists) {
                    journal = read_journal(run);
                }
        }
    });
    for (auto& some : notes) {
        std::ranges::move(some, std::back_inserter(around.notes));
    }
    if (budgets) {
        around.budgets = std::move(*budgets);
    } else {
        around.notes.push_back("disruption budgets could not be read: " + base::shorten(budgets.error().message, 200));
    }
    // Both only say more about what is there; without them a deployment could not begin at all.
    const auto is_needed = [&around](const auto& answer, const char* what) {
        if (answer || answer.error().code != base::ErrorCode::forbidden) {
            return true;
        }
        around.notes.push_back(std::string(what) + " could not be read: forbidden");
        return false;
    };
    if (is_needed(holder, "the lock of the release")) {
        TRY_ASSIGN(around.lock_holder, std::move(holder));
    }
    if (is_needed(journal, "the record of the release")) {
        TRY_ASSIGN(around.journal, std::move(journal));
    }
    return around;
}

// Helm asks once; what it says then is no word on the chart.
constexpr int most_tries = 3;
constexpr std::array passing_trouble{"unreachable",
                                     "connection refused",
                                     "connection reset",
                                     "connection lost",
                                     "EOF",
                                     "too many requests",
                                     "TooManyRequests",
                                     "currently unable to",
                                     "Internal error occurred",
                                     "i/o timeout",
                                     "TLS handshake timeout",
                                     "context deadline exceeded",
                                     "leader changed",
                                     "request timed out"};

bool is_passing(const base::Error& error) {
    return error.code == base::ErrorCode::helm_failed &&
           std::ranges::any_of(passing_trouble, [&error](const char* sign) { return error.message.contains(sign); });
}

struct Rendered {
    std::optional<helm::Release> release;
    std::string error;  // helm's words when it refuses
    std::string hint;
    bool is_forbidden = false;          // helm may not even look
    std::optional<kube::Right> denied;  // at what, when that is something that the chart has
    bool is_orchestrated = false;
};

bool takes_strategy(const helm::Release& rendered) {
    return plan::has_text(rendered.chart_values, "updateStrategy.type");
}

// As a deployment would ask helm. A set that is to become OnDelete is rendered as it is: what keeps the API
// server from taking the other strategy is taken out of it first (drop_rolling_update). But not a partition: then
// the API server is asked.
base::Result<Rendered> render(const Run& run, const std::string& chart, const model::StatefulSet* live,
                              bool lacks_rights) {
    const bool is_wanted = run.request().rollout == model::Rollout::orchestrated;
    auto options = upgrade_of(run, chart);
    auto with_strategy = options;
    const auto more = RollingPlan{.is_orchestrated = true}.helm_values();
    with_strategy.set.insert(with_strategy.set.end(), more.begin(), more.end());
    const bool says_so = is_wanted && (live == nullptr || live->on_delete || live->partition != 0);
    const helm::Scope scope{run.stop(), run.deadline()};
    auto rendered = run.tools().helm.render(says_so ? with_strategy : options, scope);
    for (int tries = 1; tries < most_tries && !rendered && is_passing(rendered.error()); ++tries) {
        TRY(run.tools().kube.await_server(run.scope()));
        rendered = run.tools().helm.render(says_so ? with_strategy : options, scope);
    }
    if (!rendered && says_so && !run.request().chart.is_packed) {
        rendered = run.tools().helm.render(options, scope);  // a chart that refuses what it does not know
    }
    if (rendered) {
        const bool is_orchestrated = is_wanted && (run.request().chart.is_packed || takes_strategy(*rendered));
        return Rendered{.release = std::move(*rendered), .error = {}, .hint = {}, .is_orchestrated = is_orchestrated};
    }
    auto& error = rendered.error();
    auto denied = kube::denied_right(error.message, run.namespace_name());
    if (denied || (lacks_rights && error.message.contains("forbidden"))) {
        return Rendered{.release = {}, .error = {}, .hint = {}, .is_forbidden = true, .denied = std::move(denied)};
    }
    if (!is_passing(error) &&
        (error.code == base::ErrorCode::helm_failed || error.code == base::ErrorCode::bad_input)) {
        // Nothing was tried yet that could have failed.
        auto message = base::replace_all(error.message, "UPGRADE FAILED: ", "");
        return Rendered{
            .release = {}, .error = message.empty() ? "it says nothing" : std::move(message), .hint = error.hint};
    }
    return std::unexpected(std::move(error));
}

std::vector<plan::ValuePlace> places_of(const Run& run) {
    std::vector<plan::ValuePlace> places;
    for (const auto& file : run.request().values_files) {
        if (const auto text = sys::read_file(file, largest_values_file)) {
            std::ranges::move(plan::places_in(file, *text), std::back_inserter(places));
        }
    }
    return places;
}

base::Result<std::vector<plan::Trial>> hooks_of(const std::string& documents) {
    TRY_ASSIGN(auto objects, kube::read_manifest(documents));
    std::vector<plan::Trial> hooks;
    for (auto& object : objects) {
        hooks.push_back({.object = {.kind = object.kind, .name = object.name}, .manifest = std::move(object.json)});
    }
    return hooks;
}

// What helm would take away: objects of the deployed revision that the chart does not render any more.
base::Result<std::vector<model::ObjectName>> removed_of(const helm::Release& deployed,
                                                        const std::vector<plan::Trial>& objects) {
    TRY_ASSIGN(const auto before, kube::read_manifest(deployed.manifest));
    std::vector<model::ObjectName> removed;
    for (const auto& object : before) {
        const model::ObjectName name{.kind = object.kind, .name = object.name};
        if (plan::is_kept(object.json)) {
            continue;
        }
        if (std::ranges::find(objects, name, &plan::Trial::object) == objects.end()) {
            removed.push_back(name);
        }
    }
    return removed;
}

// What the user lacks, and what the chart's objects need.
struct Rights {
    std::vector<kube::Right> missing;
    std::vector<kube::Right> needed;
};

void tell_rights(const Run& run, const Rights& rights, plan::Facts& facts) {
    facts.missing_rights.clear();
    for (const auto& right : rights.missing) {
        facts.missing_rights.push_back({.group = right.group, .resource = right.resource, .verbs = right.verbs});
    }
    facts.role = rights.missing.empty() ? std::string() : role_for(run.request(), rights.needed);
}

base::Result<void> add_rendering(const Run& run, const Preflight& found, const std::string& chart, const Now& now,
                                 Rights& rights, plan::Facts& facts) {
    if (is_pending(found.release)) {
        return {};  // helm renders nothing then
    }
    TRY_ASSIGN(auto rendered, render(run, chart, now.set, !found.missing_rights.empty()));
    facts.render_error = std::move(rendered.error);
    facts.render_hint = std::move(rendered.hint);
    facts.is_orchestrated = facts.sets_strategy = rendered.is_orchestrated;
    if (rendered.is_forbidden) {
        facts.notes.emplace_back("helm may not read what it needs to: nothing was rendered");
    }
    if (rendered.denied) {
        kube::add_right(rights.missing, *rendered.denied);
        rendered.denied->verbs.insert(rendered.denied->verbs.end(), {"get", "create", "patch"});
        kube::add_right(rights.needed, *rendered.denied);
    }
    if (!rendered.release) {
        return {};
    }
    auto& release = *rendered.release;
    facts.chart = {.name = release.revision.chart, .home = release.chart_home, .values = release.chart_values};
    facts.values = std::move(release.values);
    facts.basis.push_back({.what = "the values", .value = helm::values_hash(facts.values)});
    for (const auto& secret : plan::secrets_in(facts.values)) {
        run.tools().progress.keep_secret(secret);
    }
    TRY_ASSIGN(auto trials, try_objects(run, release.manifest, found.namespace_exists));
    facts.objects = std::move(trials.objects);
    facts.is_orchestrated = facts.is_orchestrated || std::ranges::any_of(facts.objects, [](const plan::Trial& trial) {
                                return plan::is_on_delete(trial.manifest);
                            });
    for (const auto& right : trials.missing_rights) {
        kube::add_right(rights.missing, right);
    }
    rights.needed = std::move(trials.needed_rights);
    if (!found.namespace_exists) {
        facts.notes.push_back("namespace " + run.namespace_name() +
                              " does not exist yet: nothing could be tried on the API server");
    }
    if (auto hooks = hooks_of(release.hooks)) {
        facts.hooks = std::move(*hooks);
    } else {
        facts.notes.push_back("the chart's hooks were not looked at: " + hooks.error().message);
    }
    if (found.release && found.release->apply_method != "ssa") {
        // helm moves what it owns as it applies server-side for the first time.
        for (auto& object : facts.objects) {
            std::erase_if(object.taken, [](const auto& field) { return field.manager == "helm"; });
        }
    }
    if (found.release) {
        // What was deployed before may be of another program: no reason not to deploy.
        auto removed = removed_of(*found.release, facts.objects);
        if (removed) {
            facts.removed = std::move(*removed);
        } else {
            facts.notes.push_back("what would be deleted is not known: " + removed.error().message);
        }
    }
    for (const auto& trial : facts.objects) {
        if (const auto pod = plan::trial_pod(trial)) {
            TRY_ASSIGN(facts.pod, try_pod(run, pod->name, pod->json));
            break;
        }
    }
    return {};
}

std::string what_was_left(const model::Journal& journal) {
    if (!journal.left_data) {
        return {};
    }
    const auto& left = *journal.left_data;
    return "the data of cluster " + model::hex_id(left.cluster_id) + " (etcd " + left.etcd_version + ", " +
           std::to_string(left.members) + (left.members == 1 ? " member" : " members") + "), uninstalled at " +
           left.time;
}

}  // namespace

base::Result<plan::Facts> gather_facts(const Run& run, const Preflight& found, const std::string& chart) {
    plan::Facts facts;
    facts.request = run.request();
    facts.kubernetes_version = run.record().kubernetes_version;
    facts.namespace_exists = found.namespace_exists;
    facts.basis = {{.what = "the cluster", .value = run.tools().kube.connection().server},
                   {.what = "the namespace", .value = run.namespace_name()},
                   {.what = "the release", .value = run.request().release}};
    facts.now = std::chrono::time_point_cast<model::Timestamp::duration>(std::chrono::system_clock::now());
    Rights rights{.missing = found.missing_rights, .needed = {}};
    tell_rights(run, rights, facts);
    if (!found.may_look) {
        facts.notes.emplace_back("the release may not be read by this user: nothing was looked at");
        return facts;
    }
    Now now;
    if (found.namespace_exists) {
        auto looked = look(run);
        if (!looked && looked.error().code == base::ErrorCode::forbidden && !found.missing_rights.empty()) {
            return facts;
        }
        TRY_ASSIGN(now, std::move(looked));
    }
    auto around = std::async(std::launch::async, [&] { return look_around(run, now, found.namespace_exists); });
    auto members = std::async(std::launch::async, [&] { return ask_members(run, now); });
    auto rendering = add_rendering(run, found, chart, now, rights, facts);
    auto seen = around.get();
    facts.members = members.get();
    TRY(std::move(rendering));
    tell_rights(run, rights, facts);
    TRY_ASSIGN(auto surroundings, std::move(seen));
    facts.nodes = std::move(surroundings.nodes);
    facts.classes = std::move(surroundings.classes);
    facts.quotas = std::move(surroundings.quotas);
    facts.budgets = std::move(surroundings.budgets);
    facts.revisions = std::move(surroundings.revisions);
    std::ranges::move(surroundings.notes, std::back_inserter(facts.notes));
    facts.lock_holder = std::move(surroundings.lock_holder);
    facts.was_cut_off = surroundings.journal.running.has_value();
    facts.left_behind = what_was_left(surroundings.journal);
    if (!surroundings.journal.verified.empty()) {
        facts.last_version = surroundings.journal.verified.back().etcd_version;
        facts.verified_members = surroundings.journal.verified.back().members;
    } else if (surroundings.journal.left_data && run.request().leftover_data == model::LeftoverData::adopt) {
        facts.last_version = surroundings.journal.left_data->etcd_version;
    }
    facts.places = places_of(run);
    if (found.release) {
        facts.release = found.release->revision;
        if (run.request().drift && run.request().only_plans()) {
            TRY_ASSIGN(auto deployed, try_objects(run, found.release->manifest, true));
            facts.deployed = std::move(deployed.objects);
        }
    }
    if (now.set != nullptr) {
        facts.set = *now.set;
        for (const auto* pod : now.view.pods_of(now.set->meta.uid)) {
            facts.pods.push_back(*pod);
        }
    }
    std::ranges::move(now.notes, std::back_inserter(facts.notes));
    for (const auto* claim : release_claims(now.view, run.request().release)) {
        facts.claims.push_back(*claim);
    }
    return facts;
}

}  // namespace operate
