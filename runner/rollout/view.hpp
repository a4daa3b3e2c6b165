// Pure: what we know of one release's objects, kept current by watch events.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/kubernetes.hpp"

namespace rollout {

// Objects of one namespace, by name. Older versions of an object never replace newer
// ones (several sources feed the view), and a deletion is remembered by version.
class View {
public:
    void upsert(const model::Object& object);
    void remove(const model::Object& object);
    // A complete listing of one kind: whatever is not in it is gone.
    void replace_all(model::Kind kind, const std::vector<model::Object>& objects);

    // Whether it may have been overtaken by what happened: who tells it of pods or StatefulSets is cut off.
    void set_stale(bool stale) { is_stale_ = stale; }
    [[nodiscard]] bool is_stale() const { return is_stale_; }

    [[nodiscard]] const std::map<std::string, model::StatefulSet>& stateful_sets() const { return stateful_sets_; }
    [[nodiscard]] const std::map<std::string, model::Pod>& pods() const { return pods_; }
    [[nodiscard]] const std::map<std::string, model::PersistentVolumeClaim>& claims() const { return claims_; }
    [[nodiscard]] const std::map<std::string, model::Job>& jobs() const { return jobs_; }
    [[nodiscard]] const std::map<std::string, model::Event>& events() const { return events_; }

    // Pods whose controller is this object, in order of ordinals.
    [[nodiscard]] std::vector<const model::Pod*> pods_of(const std::string& owner_uid) const;
    // Events about an object with this UID, oldest first.
    [[nodiscard]] std::vector<const model::Event*> events_about(const std::string& uid) const;

private:
    // False when something newer is known of the object with this UID.
    bool is_news(const model::ObjectMeta& meta);
    auto& table(const model::StatefulSet& /*kind*/) { return stateful_sets_; }
    auto& table(const model::Pod& /*kind*/) { return pods_; }
    auto& table(const model::PersistentVolumeClaim& /*kind*/) { return claims_; }
    auto& table(const model::Job& /*kind*/) { return jobs_; }
    auto& table(const model::Event& /*kind*/) { return events_; }

    std::map<std::string, model::StatefulSet> stateful_sets_;
    std::map<std::string, model::Pod> pods_;
    std::map<std::string, model::PersistentVolumeClaim> claims_;
    std::map<std::string, model::Job> jobs_;
    std::map<std::string, model::Event> events_;
    std::map<std::string, std::uint64_t> versions_;  // UID -> newest seen, deletions too
    bool is_stale_ = false;
};

// The number at the end of a StatefulSet pod's name; -1 when there is none.
[[nodiscard]] int ordinal(const std::string& pod_name);

}  // namespace rollout
