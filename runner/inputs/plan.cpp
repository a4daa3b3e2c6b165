#include <algorithm>

#include "base/text.hpp"
#include "inputs/check.hpp"
#include "inputs/shown.hpp"

namespace inputs {
namespace {

void check_allow(const Given& given, model::Request& request, Faults& faults) {
    for (const auto& item : given.items("allow")) {
        const bool is_name = !item.text.empty() && std::ranges::all_of(item.text, [](char letter) {
            return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-' ||
                   letter == '.';
        });
        if (is_name) {
            request.allow.push_back(item.text);
        } else {
            faults.push_back({.input = "allow",
                              .message = shown(item.text) + " is no name of a rule",
                              .hint = "one name a line, as the plan tells them: single-member"});
        }
    }
}

std::string check_plan_file(const Given& given, const World& world, Faults& faults) {
    auto file = expand_home(given.text("plan").value_or(""), world);
    if (file.empty()) {
        return file;
    }
    if (looks_like_content(file)) {
        faults.push_back({.input = "plan",
                          .message = "this looks like a plan itself, not like the path of its file",
                          .hint = "write it into a file, and name that"});
        return {};
    }
    if (world.kind(file) != PathKind::file) {
        faults.push_back({.input = "plan",
                          .message = "there is no such file",
                          .hint = "etcd-deploy plan --output json > plan.json makes one",
                          .file = file});
    }
    return file;
}

}  // namespace

void check_confirmation(const Given& given, const model::Request& request, Faults& faults) {
    // What was given instead is not repeated: it may be anything.
    if (given.text("confirm").value_or("") != request.release) {
        faults.push_back({.input = "confirm",
                          .message = given.text("confirm")
                                         ? "it is not the name of the release whose data would be deleted"
                                         : "deleting data has to be confirmed",
                          .hint = "confirm: " + shown(request.release)});
    }
}

void check_plan(const Given& given, const World& world, model::Request& request, Faults& faults) {
    check_allow(given, request, faults);
    request.drift = check_boolean(given, "drift", faults);
    request.leftover_data = static_cast<model::LeftoverData>(
        check_choice(*find("leftover-data"), given.text_or_default("leftover-data"), faults));
    if (request.leftover_data == model::LeftoverData::remove && !request.only_plans()) {
        check_confirmation(given, request, faults);
    }
    if (concerns(*find("plan"), request.action)) {
        request.plan_file = check_plan_file(given, world, faults);
    }
    if (request.only_plans()) {
        request.comment = check_boolean(given, "comment", faults);
        request.github_token = given.text("github-token").value_or("");
    }
}

}  // namespace inputs
