// Watches everything in the namespace that a rollout may touch, from before the
// change begins (so that hook Jobs are seen) until it is destroyed.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "kube/client.hpp"
#include "operate/mailbox.hpp"
#include "operate/run.hpp"
#include "rollout/view.hpp"

namespace operate {

struct WatchTrouble {
    model::Kind kind;
    std::string text;  // it goes on by itself
};
struct WatchEnded {
    model::Kind kind;
    base::Error error;  // it does not
};
struct HelmLine {
    std::string text;
};
struct HelmEnded {
    base::Result<void> result;
};
using Happening = std::variant<kube::Change, WatchTrouble, WatchEnded, HelmLine, HelmEnded>;

class Observer {
public:
    explicit Observer(const Run& run);

    // Blocks until every kind has been listed once. What only evidence is taken from
    // (events, claims, Jobs) may be forbidden: a warning. Errors: refused (pods or
    // StatefulSets may not be watched), cancelled, timed_out.
    [[nodiscard]] base::Result<void> wait_until_synced();

    // The next thing that happened and is not the observer's own business (its view is
    // updated before this returns); nothing when `until` has come or the run is stopped.
    // `changed` is true when the view is not what it was. Errors: a watch that we
    // cannot do without has ended.
    struct Step {
        bool changed = false;
        std::vector<HelmLine> helm_line;    // none or one
        std::vector<HelmEnded> helm_ended;  // none or one
    };
    [[nodiscard]] base::Result<Step> next(std::chrono::steady_clock::time_point until);

    // Stale from when a watch that we cannot do without is in trouble until it tells something again.
    [[nodiscard]] const rollout::View& view() const { return view_; }
    // A fact that was read otherwise than by the watch.
    void learn(const model::Object& object) {
        view_.upsert(object);
        tell();
    }
    // Called from the deciding thread after each change of the view. One listener; it must be quick.
    void on_change(std::function<void(const rollout::View&)> listener) { listener_ = std::move(listener); }
    [[nodiscard]] Mailbox<Happening>& mailbox() { return mailbox_; }
    // The highest resource version that was seen so far.
    [[nodiscard]] std::uint64_t resource_version() const { return resource_version_; }

private:
    void apply(const kube::Change& change);
    void take(const WatchTrouble& trouble);
    void tell() const {
        if (listener_) {
            listener_(view_);
        }
    }
    [[nodiscard]] base::Result<void> ended(const WatchEnded& what);

    const Run& run_;
    rollout::View view_;
    std::function<void(const rollout::View&)> listener_;
    Mailbox<Happening> mailbox_;
    std::set<model::Kind> unsynced_;
    std::set<model::Kind> unseen_;                 // whose watch is in trouble; essential ones only
    std::map<model::Kind, std::string> troubles_;  // that were told, since something happened last
    std::uint64_t resource_version_ = 0;
    std::vector<std::jthread> watches_;  // last: they end before what they write to
};

}  // namespace operate
