#include "rollout/view.hpp"

#include <algorithm>
#include <charconv>

namespace rollout {
namespace {

template <typename T>
void erase_all_but(std::map<std::string, T>& known, const std::vector<model::Object>& listed) {
    std::map<std::string, T> kept;
    for (const auto& object : listed) {
        if (const auto* item = std::get_if<T>(&object)) {
            const auto found = known.find(item->meta.name);
            if (found != known.end()) {
                kept.insert(known.extract(found));
            }
        }
    }
    known = std::move(kept);
}

}  // namespace

int ordinal(const std::string& pod_name) {
    const auto dash = pod_name.rfind('-');
    if (dash == std::string::npos) {
        return -1;
    }
    int number = -1;
    const char* begin = pod_name.data() + dash + 1;
    const char* end = pod_name.data() + pod_name.size();
    const auto parsed = std::from_chars(begin, end, number);
    return parsed.ec == std::errc{} && parsed.ptr == end ? number : -1;
}

bool View::is_news(const model::ObjectMeta& meta) {
    auto& newest = versions_[meta.uid];
    if (meta.resource_version < newest) {
        return false;
    }
    newest = meta.resource_version;
    return true;
}

void View::upsert(const model::Object& object) {
    std::visit(
        [this](const auto& item) {
            if (!is_news(item.meta)) {
                return;
            }
            auto& known = table(item);
            const auto found = known.find(item.meta.name);
            // What is told late of a predecessor of the same name.
            const bool is_outlived = found != known.end() && found->second.meta.uid != item.meta.uid &&
                                     found->second.meta.resource_version > item.meta.resource_version;
            if (!is_outlived) {
                known[item.meta.name] = item;
            }
        },
        object);
}

void View::remove(const model::Object& object) {
    std::visit(
        [this](const auto& item) {
            if (!is_news(item.meta)) {
                return;
            }
            auto& known = table(item);
            const auto found = known.find(item.meta.name);
            // A successor of the same name may have been seen already.
            if (found != known.end() && found->second.meta.uid == item.meta.uid) {
                known.erase(found);
            }
        },
        object);
}

void View::replace_all(model::Kind kind, const std::vector<model::Object>& objects) {
    switch (kind) {
        case model::Kind::stateful_set: erase_all_but(stateful_sets_, objects); break;
        case model::Kind::pod: erase_all_but(pods_, objects); break;
        case model::Kind::persistent_volume_claim: erase_all_but(claims_, objects); break;
        case model::Kind::job: erase_all_but(jobs_, objects); break;
        case model::Kind::event: erase_all_but(events_, objects); break;
    }
    for (const auto& object : objects) {
        upsert(object);
    }
}

std::vector<const model::Pod*> View::pods_of(const std::string& owner_uid) const {
    std::vector<const model::Pod*> owned;
    for (const auto& [name, pod] : pods_) {
        if (std::ranges::any_of(pod.meta.owners, [&](const auto& owner) { return owner.uid == owner_uid; })) {
            owned.push_back(&pod);
        }
    }
    std::ranges::sort(owned, {}, [](const auto* pod) { return ordinal(pod->meta.name); });
    return owned;
}

std::vector<const model::Event*> View::events_about(const std::string& uid) const {
    std::vector<const model::Event*> about;
    for (const auto& [name, event] : events_) {
        if (event.object_uid == uid) {
            about.push_back(&event);
        }
    }
    std::ranges::sort(about, {}, [](const auto* event) { return event->meta.resource_version; });
    return about;
}

}  // namespace rollout
