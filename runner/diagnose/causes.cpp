#include "diagnose/causes.hpp"

#include <algorithm>
#include <iterator>

#include "base/text.hpp"

namespace diagnose {
namespace {

constexpr std::size_t most_evidence = 12;
constexpr std::size_t most_named = 7;

auto rank(const Found& found) {
    return std::pair(found.certainty, found.depth);
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
    return std::ranges::find(words, word) != words.end();
}

std::string headline_of(const Found& found) {
    const std::string pods = (found.pods.size() == 1 ? "pod " : "pods ") + listed(found.pods);
    const auto place = found.headline.find(pods_here);
    std::string text = found.headline;
    return place == std::string::npos ? text : text.replace(place, pods_here.size(), pods);
}

}  // namespace

std::string listed(const std::vector<std::string>& words) {
    std::string text;
    const auto named = std::min(words.size(), most_named);
    for (std::size_t i = 0; i < named; ++i) {
        const bool is_last = i + 1 == words.size();
        text += (i == 0 ? "" : is_last ? " and " : ", ") + words[i];
    }
    return words.size() > named ? text + " and " + std::to_string(words.size() - named) + " more" : text;
}

std::string quoted(std::string_view text, std::size_t limit) {
    return base::shorten(base::replace_all(base::printable(base::trim(text)), "\n", " "), limit);
}

void Causes::add(Found found) {
    const auto same = std::ranges::find_if(kept_, [&](const Kept& kept) {
        return kept.found.rule == found.rule && kept.found.headline == found.headline;
    });
    if (same == kept_.end()) {
        if (found.evidence.size() > most_evidence) {
            found.evidence.resize(most_evidence);
        }
        kept_.push_back({.found = std::move(found), .follows = {}});
        return;
    }
    auto& known = same->found;
    known.certainty = std::min(known.certainty, found.certainty);
    std::ranges::copy_if(found.pods, std::back_inserter(known.pods),
                         [&](const auto& pod) { return !contains(known.pods, pod); });
}

bool Causes::follows(const std::string& pod, const std::string& line) {
    const auto cause = std::ranges::find_if(kept_, [&](const Kept& kept) { return contains(kept.found.pods, pod); });
    if (cause == kept_.end()) {
        return false;
    }
    if (!contains(cause->follows, line)) {
        cause->follows.push_back(line);
    }
    return true;
}

bool Causes::follows_any(const std::string& line) {
    Kept* first = nullptr;
    for (auto& kept : kept_) {
        const bool stops_pods = !kept.found.pods.empty() && kept.found.certainty != model::Certainty::possible;
        if (stops_pods && (first == nullptr || rank(kept.found) < rank(first->found))) {
            first = &kept;
        }
    }
    if (first != nullptr && !contains(first->follows, line)) {
        first->follows.push_back(line);
    }
    return first != nullptr;
}

bool Causes::blames(const std::string& pod) const {
    return std::ranges::any_of(kept_, [&](const Kept& kept) { return contains(kept.found.pods, pod); });
}

bool Causes::has(std::string_view rule) const {
    return std::ranges::any_of(kept_, [&](const Kept& kept) { return kept.found.rule == rule; });
}

std::vector<model::DiagnosedCause> Causes::ranked() {
    std::ranges::stable_sort(kept_, {}, [](const Kept& kept) { return rank(kept.found); });
    std::vector<model::DiagnosedCause> causes;
    for (auto& [found, follows] : kept_) {
        causes.push_back({.rule = found.rule,
                          .certainty = found.certainty,
                          .headline = headline_of(found),
                          .advice = std::move(found.advice),
                          .commands = std::move(found.commands),
                          .evidence = std::move(found.evidence),
                          .follows = std::move(follows)});
    }
    kept_.clear();
    return causes;
}

}  // namespace diagnose
