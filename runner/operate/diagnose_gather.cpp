#include "operate/diagnose_gather.hpp"

#include <algorithm>
#include <functional>
#include <thread>

#include "base/text.hpp"
#include "kube/decode.hpp"
#include "kube/journal_text.hpp"
#include "kube/surroundings.hpp"
#include "model/timestamp.hpp"
#include "operate/journal.hpp"
#include "operate/lock.hpp"
#include "operate/release.hpp"

namespace operate {
namespace {

using ::diagnose::Facts;

// One collection: how its pages become facts.
struct Reading {
    const kube::Collection& collection;
    std::string_view what;  // for people: "volume claims"
    std::function<base::Result<void>(const std::string& page)> take;
};

void read(Gathering& gathering, const Reading& reading) {
    const auto& run = gathering.run();
    const std::string resource(reading.collection.resource);
    const auto pages = run.tools().kube.pages(reading.collection, run.namespace_name(), run.scope());
    if (!pages) {
        gathering.missed(reading.what, "list on " + resource, pages.error());
        return;
    }
    for (const auto& page : *pages) {
        if (auto kept = kube::keepable(page)) {
            gathering.evidence().add("objects/" + resource + ".json", kept->json);
            gathering.keep_secrets(kept->secrets);
        }
        if (const auto taken = reading.take(page); !taken) {
            gathering.missed(reading.what, "", taken.error());
        }
    }
}

// Kinds that the view knows. `saw` says in the facts that it was a whole list.
Reading into_view(Gathering& gathering, const kube::Collection& collection, std::string_view what, model::Kind kind,
                  bool Facts::* saw) {
    return {collection, what, [&gathering, kind, saw](const std::string& page) -> base::Result<void> {
                TRY_ASSIGN(const auto list, kube::decode_list(kind, page));
                gathering.learn([&](Facts& facts) {
                    for (const auto& object : list.items) {
                        facts.view.upsert(object);
                    }
                    if (saw != nullptr) {
                        facts.*saw = true;
                    }
                });
                return {};
            }};
}

template <typename Item>
Reading into(Gathering& gathering, const kube::Collection& collection, std::string_view what,
             base::Result<std::vector<Item>> (*decode)(std::string_view),
             ::diagnose::Seen<std::vector<Item>> Facts::* place) {
    return {collection, what, [&gathering, decode, place](const std::string& page) -> base::Result<void> {
                TRY_ASSIGN(auto items, decode(page));
                gathering.learn([&](Facts& facts) {
                    auto& all = facts.*place;
                    if (!all) {
                        all.emplace();
                    }
                    std::ranges::move(items, std::back_inserter(*all));
                });
                return {};
            }};
}

void read_namespace(Gathering& gathering) {
    const auto& run = gathering.run();
    const auto state = run.tools().kube.namespace_state(run.namespace_name(), run.scope());
    if (!state) {
        gathering.missed("the namespace", "get on namespaces", state.error());
        return;
    }
    gathering.learn([&](Facts& facts) {
        facts.namespace_there = *state != kube::NamespaceState::absent;
        facts.namespace_leaving = *state == kube::NamespaceState::being_deleted;
    });
}

void read_releases(Gathering& gathering) {
    const auto& run = gathering.run();
    const auto& release = run.request().release;
    const auto releases = [&](const std::string& place, const std::string& name) {
        return run.tools().kube.releases(place, name, run.scope());
    };
    auto here = releases(run.namespace_name(), {});
    if (!here) {
        gathering.missed("helm's releases", "list on secrets", here.error());
        return;
    }
    const bool is_here = std::ranges::find(*here, release, &model::ReleaseState::name) != here->end();
    gathering.learn([&](Facts& facts) { facts.releases = std::move(*here); });
    if (is_here) {
        return;
    }
    // Perhaps only the namespace is wrong. Who may not look there is not told so: few may.
    if (auto anywhere = releases({}, release)) {
        gathering.learn([&](Facts& facts) { facts.elsewhere = std::move(*anywhere); });
    }
}

// Only for advice: who may not read it misses nothing else.
void read_verified(Gathering& gathering) {
    const auto& run = gathering.run();
    const auto note =
        run.tools().kube.note(run.namespace_name(), own_name(run.request().release), journal_key, run.scope());
    const auto journal = note && *note ? kube::decode_journal(**note) : base::Result<model::Journal>();
    if (journal && !journal->verified.empty()) {
        gathering.learn([&](Facts& facts) { facts.verified_revision = journal->verified.back().revision; });
    }
}

const model::OwnerReference* owning_set(const model::Pod& pod) {
    const auto owner = std::ranges::find(pod.meta.owners, std::string("StatefulSet"), &model::OwnerReference::kind);
    return owner == pod.meta.owners.end() ? nullptr : &*owner;
}

// What of a StatefulSet its pods tell, when it may not be looked at itself.
void infer_set(Facts& facts) {
    model::StatefulSet set;
    set.replicas = 0;
    for (const auto& [name, pod] : facts.view.pods()) {
        const auto instance = pod.meta.labels.find("app.kubernetes.io/instance");
        const bool ours = instance != pod.meta.labels.end() && instance->second == facts.release;
        const auto* owner = owning_set(pod);
        if (ours && owner != nullptr && rollout::ordinal(name) >= 0) {
            set.meta.name = owner->name;
            set.meta.uid = owner->uid;
            set.replicas = std::max(set.replicas, rollout::ordinal(name) % 1000 + 1);
        }
    }
    if (!set.meta.name.empty()) {
        facts.set_name = set.meta.name;
        facts.view.upsert(set);
    }
}

void find_set(Facts& facts) {
    if (const auto set = find_etcd_set(facts.view, facts.release, facts.namespace_name)) {
        facts.set_name = (*set)->meta.name;
    } else if (!facts.saw_sets) {
        infer_set(facts);
    } else if (release_sets(facts.view, facts.release).size() > 1) {
        facts.notes.push_back("which StatefulSet of the release is etcd cannot be told: " + set.error().message);
    }
}

void write_events(Gathering& gathering) {
    std::vector<const model::Event*> events;
    for (const auto& [name, event] : gathering.facts().view.events()) {
        events.push_back(&event);
    }
    std::ranges::stable_sort(events, {}, [](const auto* event) { return event->seen.value_or(model::Timestamp()); });
    std::string text;
    for (const auto* event : events) {
        text += model::utc_text(event->seen.value_or(model::Timestamp())) + " " + event->type + " " + event->reason +
                " " + event->object_kind + "/" + event->object_name + ": " +
                base::replace_all(base::printable(event->message), "\n", " ") + "\n";
    }
    gathering.evidence().add("events.txt", text);
}

}  // namespace

void Gathering::missed(std::string_view what, std::string_view needs, const base::Error& error) {
    std::string note = "could not look at " + std::string(what) + ": ";
    note += error.code == base::ErrorCode::forbidden && !needs.empty() ? "needs " + std::string(needs)
                                                                       : base::shorten(error.text(), 300);
    const std::scoped_lock lock(mutex_);
    if (std::ranges::find(facts_.notes, note) == facts_.notes.end()) {
        facts_.notes.push_back(std::move(note));
    }
}

void Gathering::keep_secrets(const std::vector<std::string>& secrets) {
    const std::scoped_lock lock(mutex_);
    std::ranges::copy(secrets, std::back_inserter(secrets_));
}

void Gathering::hide_secrets() {
    const std::scoped_lock lock(mutex_);
    std::ranges::sort(secrets_);
    const auto repeated = std::ranges::unique(secrets_);
    secrets_.erase(repeated.begin(), repeated.end());
    for (const auto& secret : secrets_) {
        run_.tools().progress.keep_secret(secret);
    }
    secrets_.clear();
}

void gather_objects(Gathering& gathering) {
    auto& facts = gathering.facts();
    facts.namespace_name = gathering.run().namespace_name();
    facts.release = gathering.run().request().release;
    facts.now = std::chrono::floor<std::chrono::microseconds>(gathering.run().tools().clock.wall());
    facts.saw_sets = facts.saw_pods = facts.saw_claims = facts.saw_events = false;
    const std::vector<Reading> readings{
        into_view(gathering, kube::stateful_sets, "StatefulSets", model::Kind::stateful_set, &Facts::saw_sets),
        into_view(gathering, kube::pods, "pods", model::Kind::pod, &Facts::saw_pods),
        into_view(gathering, kube::claims, "volume claims", model::Kind::persistent_volume_claim, &Facts::saw_claims),
        into_view(gathering, kube::jobs, "Jobs", model::Kind::job, nullptr),
        into_view(gathering, kube::events, "events", model::Kind::event, &Facts::saw_events),
        into(gathering, kube::services, "Services", kube::decode_services, &Facts::services),
        into(gathering, kube::endpoint_slices, "EndpointSlices", kube::decode_endpoint_slices, &Facts::endpoint_slices),
        into(gathering, kube::storage_classes, "storage classes", kube::decode_storage_classes,
             &Facts::storage_classes),
        into(gathering, kube::persistent_volumes, "volumes", kube::decode_persistent_volumes, &Facts::volumes)};
    {
        std::vector<std::jthread> threads;
        threads.emplace_back([&] { read_namespace(gathering); });
        threads.emplace_back([&] { read_releases(gathering); });
        threads.emplace_back([&] { read_verified(gathering); });
        for (const auto& reading : readings) {
            threads.emplace_back([&] { read(gathering, reading); });
        }
    }
    std::ranges::sort(facts.notes);
    gathering.hide_secrets();
    find_set(facts);
    write_events(gathering);
}

}  // namespace operate
