#include "report/plan.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "report/report.hpp"

namespace report {
namespace {

using model::ObjectChange;
using model::PlanFinding;
using Json = nlohmann::ordered_json;

// Of a change of an object: more is for the file.
constexpr std::size_t most_fields = 40;
constexpr std::size_t longest_value = 300;

std::string verb(ObjectChange::Kind kind) {
    constexpr std::array verbs{"stays as it is", "is created", "is changed", "is deleted", "stays"};
    return verbs.at(static_cast<std::size_t>(kind));
}

std::size_t count_of(const model::Plan& plan, ObjectChange::Kind kind) {
    return static_cast<std::size_t>(std::ranges::count(plan.objects, kind, &ObjectChange::kind));
}

std::string name_of(const ObjectChange& object) {
    return object.object.kind + " " + object.object.name;
}

std::vector<std::string> pods_of(const std::vector<model::Restart>& restarts) {
    std::vector<std::string> pods;
    for (const auto& restart : restarts) {
        pods.push_back(restart.pod +
                       (restart.role.empty() || restart.role == "follower" ? "" : " (" + restart.role + ")"));
    }
    return pods;
}

struct Cut {
    std::size_t fields;
    std::size_t value;  // bytes
};
constexpr Cut for_people{.fields = most_fields, .value = longest_value};
constexpr Cut uncut{.fields = SIZE_MAX, .value = SIZE_MAX};

// In the form of a unified diff: the field, what it is, what it would be.
std::string diff_text(const ObjectChange& object, const Cut& cut) {
    std::string text = "@@ " + name_of(object) + " @@\n";
    for (std::size_t i = 0; i < std::min(object.fields.size(), cut.fields); ++i) {
        const auto& field = object.fields[i];
        text += " " + field.path + "\n";
        const auto add = [&](const char* sign, const std::optional<std::string>& value) {
            if (value) {
                for (const auto& line : base::split(base::shorten(*value, cut.value), '\n')) {
                    text += std::string(sign) + "  " + line + "\n";
                }
            }
        };
        add("-", field.before);
        add("+", field.after);
    }
    if (object.fields.size() > cut.fields) {
        text += " … and " + std::to_string(object.fields.size() - cut.fields) + " more fields\n";
    }
    return text;
}

// "3 of them stay as they are" is said once, not object by object.
Section changes(const model::Plan& plan) {
    Section section{.title = "What would change", .blocks = {}};
    Bullets bullets;
    std::size_t same = 0;
    for (const auto& object : plan.objects) {
        if (object.kind == ObjectChange::Kind::none) {
            ++same;
        } else if (object.kind != ObjectChange::Kind::stay) {
            const bool counts = object.kind == ObjectChange::Kind::change && !object.fields.empty();
            bullets.items.push_back({strong(name_of(object)), plain(" " + verb(object.kind)),
                                     plain(counts ? ": " + counted(object.fields.size(), "field") : "")});
        }
    }
    if (same > 0) {
        bullets.items.push_back(
            {plain(counted(same, "object") + (same == 1 ? " stays as it is" : " stay as they are"))});
    }
    if (bullets.items.empty()) {
        bullets.items.push_back({plain("nothing")});
    }
    section.blocks.emplace_back(std::move(bullets));
    for (const auto& object : plan.objects) {
        if (object.kind == ObjectChange::Kind::change && !object.fields.empty()) {
            section.blocks.emplace_back(Code{.language = "diff", .text = diff_text(object, for_people), .fold = {}});
        }
    }
    return section;
}

// Of an uninstall.
std::optional<Section> what_stays(const model::Plan& plan) {
    Table table{.header = {"Object", "What it is", "To remove it, too"}, .rows = {}};
    for (const auto& object : plan.objects) {
        if (object.kind == ObjectChange::Kind::stay) {
            table.rows.push_back({{code(name_of(object))}, {plain(object.note)}, {code(object.command)}});
        }
    }
    if (table.rows.empty()) {
        return std::nullopt;
    }
    return Section{.title = "What stays", .blocks = {std::move(table)}};
}

std::optional<Section> drift(const model::Plan& plan) {
    if (!plan.looked_for_drift) {
        return std::nullopt;
    }
    Section section{.title = "What others have changed since the last deployment", .blocks = {}};
    Bullets bullets;
    for (const auto& object : plan.drift) {
        const bool is_gone = object.kind == ObjectChange::Kind::remove;
        bullets.items.push_back(
            {strong(name_of(object)), plain(is_gone ? " was deleted" : ": " + counted(object.fields.size(), "field"))});
    }
    if (bullets.items.empty()) {
        bullets.items.push_back({plain("nothing")});
    }
    section.blocks.emplace_back(std::move(bullets));
    for (const auto& object : plan.drift) {
        if (!object.fields.empty()) {
            section.blocks.emplace_back(Code{.language = "diff", .text = diff_text(object, for_people), .fold = {}});
        }
    }
    return section;
}

std::string tolerance(const model::Forecast& forecast) {
    return "of " + counted(forecast.members, "member") + " " + std::to_string(forecast.may_fail_before) +
           " may fail now, " +
           (!forecast.may_fail_meanwhile ? "etcd stands still while one is replaced, "
            : *forecast.may_fail_meanwhile > 0
                ? std::to_string(*forecast.may_fail_meanwhile) + " more while one is replaced, "
                : std::string("none more while one is replaced, ")) +
           std::to_string(forecast.may_fail_after) + " afterwards";
}

Section restarts(const model::Forecast& forecast) {
    Bullets bullets;
    if (!forecast.restarts.empty()) {
        Line line{
            strong(listed(pods_of(forecast.restarts))),
            plain(forecast.restarts.size() == 1 ? " is replaced" : " are replaced, one after the other in this order")};
        line.push_back(plain(forecast.is_orchestrated ? ", by the runner" : ", by Kubernetes"));
        if (!forecast.causes.empty()) {
            line.push_back(plain(", since the pod template changes: "));
            line.push_back(code(base::join(forecast.causes, ", ")));
        }
        bullets.items.push_back(std::move(line));
        std::vector<model::Restart> retries;
        std::ranges::copy_if(forecast.restarts, std::back_inserter(retries), &model::Restart::is_retry);
        if (!retries.empty()) {
            bullets.items.push_back(
                {plain(listed(pods_of(retries)) +
                       (retries.size() == 1 ? " is not outdated, and its node would try it"
                                            : " are not outdated, and their nodes would try them") +
                       " again only in minutes: tried again at once, with the template that is there")});
        }
        bullets.items.push_back({plain(tolerance(forecast))});
        bullets.items.push_back({plain("no snapshot is taken before")});
    }
    if (!forecast.stay.empty()) {
        bullets.items.push_back(
            {plain(listed(forecast.stay) + (forecast.stay.size() == 1
                                                ? " stays as it is: nothing that it is made of changes"
                                                : " stay as they are: nothing that they are made of changes"))});
    }
    if (!forecast.created.empty()) {
        bullets.items.push_back(
            {plain(listed(forecast.created) + (forecast.created.size() == 1 ? " is" : " are") + " made")});
    }
    if (!forecast.removed.empty()) {
        bullets.items.push_back({plain(listed(forecast.removed) + (forecast.removed.size() == 1 ? " goes" : " go"))});
    }
    return {.title = "What would restart", .blocks = {std::move(bullets)}};
}

Section findings(const model::Plan& plan) {
    Table table{.header = {"", "Rule", "What", "Why", "What to do"}, .rows = {}};
    for (const auto& finding : plan.findings) {
        const bool blocks = finding.severity == PlanFinding::Severity::blocking;
        table.rows.push_back(
            {{Span{blocks            ? "blocks"
                   : finding.allowed ? "allowed"
                                     : "warning",
                   blocks ? Style::bad : Style::attention}},
             {code(finding.rule)},
             {plain(finding.message +
                    (finding.file.empty() ? "" : " (" + finding.file + ":" + std::to_string(finding.line) + ")"))},
             {plain(finding.why)},
             {plain(finding.hint)}});
    }
    Section section{.title = "What speaks against it", .blocks = {std::move(table)}};
    if (!plan.role.empty()) {
        section.blocks.emplace_back(Paragraph{{plain("A Role with all the rights that it needs:")}});
        section.blocks.emplace_back(Code{.language = "yaml", .text = plan.role, .fold = {}});
    }
    return section;
}

Json fields_json(const ObjectChange& object) {
    Json fields = Json::array();
    for (const auto& field : object.fields) {
        Json entry{{"path", base::printable(field.path)}};
        if (field.before) {
            entry["before"] = base::printable(*field.before);
        }
        if (field.after) {
            entry["after"] = base::printable(*field.after);
        }
        fields.push_back(std::move(entry));
    }
    return fields;
}

Json forecast_json(const model::Forecast& forecast) {
    Json restarts = Json::array();
    for (const auto& restart : forecast.restarts) {
        Json entry{{"pod", restart.pod}};
        if (!restart.role.empty()) {
            entry["role"] = restart.role;
        }
        if (restart.is_retry) {
            entry["retry"] = true;
        }
        restarts.push_back(std::move(entry));
    }
    Json object{{"restarts", std::move(restarts)},
                {"stay", forecast.stay},
                {"created", forecast.created},
                {"removed", forecast.removed},
                {"templateFields", forecast.causes},
                {"replacedBy", forecast.is_orchestrated ? "runner" : "kubernetes"},
                {"mayFail", {{"before", forecast.may_fail_before}, {"after", forecast.may_fail_after}}}};
    if (forecast.may_fail_meanwhile) {
        object["mayFail"]["meanwhile"] = *forecast.may_fail_meanwhile;
    }
    return object;
}

Json objects_json(const std::vector<ObjectChange>& objects) {
    Json list = Json::array();
    for (const auto& object : objects) {
        Json entry{{"kind", base::printable(object.object.kind)},
                   {"name", base::printable(object.object.name)},
                   {"change", model::to_string(object.kind)},
                   {"fields", fields_json(object)}};
        if (!object.command.empty()) {
            entry["note"] = base::printable(object.note);
            entry["command"] = base::printable(object.command);
        }
        list.push_back(std::move(entry));
    }
    return list;
}

}  // namespace

bool tells_the_plan(const model::RunRecord& record) {
    const auto story = story_of(record);
    const bool refused = record.error && record.error->code == base::ErrorCode::refused;
    return record.plan && (story == Story::planned || (refused && record.plan->blocked()));
}

Headline plan_headline(const model::RunRecord& record) {
    const auto& plan = *record.plan;
    if (plan.blocked()) {
        const auto first = std::ranges::find(plan.findings, PlanFinding::Severity::blocking, &PlanFinding::severity);
        const auto more =
            std::ranges::count(plan.findings, PlanFinding::Severity::blocking, &PlanFinding::severity) - 1;
        return {Mark::bad, "This must not be deployed: " + first_line(first->message) +
                               (more > 0 ? ", and " + std::to_string(more) + " more" : "")};
    }
    std::vector<std::string> parts;
    for (const auto& [kind, does] :
         {std::pair(ObjectChange::Kind::create, "create "), std::pair(ObjectChange::Kind::change, "change "),
          std::pair(ObjectChange::Kind::remove, "delete "), std::pair(ObjectChange::Kind::stay, "keep ")}) {
        if (const auto count = count_of(plan, kind); count > 0) {
            parts.push_back(does + counted(count, "object"));
        }
    }
    if (plan.forecast && !plan.forecast->restarts.empty()) {
        parts.push_back("replace " + counted(plan.forecast->restarts.size(), "member"));
    }
    if (parts.empty() && plan.forecast && !plan.forecast->created.empty()) {
        parts.push_back("make " + counted(plan.forecast->created.size(), "member"));
    }
    if (parts.empty()) {
        return {Mark::good, "Nothing would change"};
    }
    const bool none_restarts = plan.forecast && plan.forecast->restarts.empty() && !plan.forecast->stay.empty();
    const auto name = record.action == model::Action::plan ? "install" : std::string(to_string(record.action));
    return {Mark::good, "The " + name + " would " + listed(parts) + (none_restarts ? "; no member restarts" : "")};
}

std::vector<Section> plan_sections(const model::RunRecord& record) {
    std::vector<Section> sections;
    if (!tells_the_plan(record)) {
        return sections;
    }
    if (!record.plan->findings.empty()) {
        sections.push_back(findings(*record.plan));
    }
    sections.push_back(changes(*record.plan));
    if (record.plan->forecast) {
        sections.push_back(restarts(*record.plan->forecast));
    }
    if (auto section = what_stays(*record.plan)) {
        sections.push_back(std::move(*section));
    }
    if (auto section = drift(*record.plan)) {
        sections.push_back(std::move(*section));
    }
    if (!record.plan->notes.empty()) {
        Bullets notes;
        for (const auto& note : record.plan->notes) {
            notes.items.push_back({plain(note)});
        }
        sections.push_back({.title = "What was not checked", .blocks = {std::move(notes)}});
    }
    return sections;
}

nlohmann::ordered_json plan_json(const model::Plan& plan) {
    Json findings = Json::array();
    for (const auto& finding : plan.findings) {
        Json entry{{"severity", finding.severity == PlanFinding::Severity::blocking ? "blocking" : "warning"},
                   {"rule", finding.rule},
                   {"message", base::printable(finding.message)},
                   {"why", base::printable(finding.why)},
                   {"hint", base::printable(finding.hint)}};
        if (finding.allowed) {
            entry["allowed"] = true;
        }
        if (!finding.file.empty()) {
            entry["file"] = base::printable(finding.file);
            entry["line"] = finding.line;
        }
        findings.push_back(std::move(entry));
    }
    Json document{{"changes", plan.changes()}, {"blocked", plan.blocked()}, {"objects", objects_json(plan.objects)}};
    if (plan.looked_for_drift) {
        document["drift"] = objects_json(plan.drift);
    }
    if (plan.forecast) {
        document["forecast"] = forecast_json(*plan.forecast);
    }
    document["findings"] = std::move(findings);
    Json basis = Json::array();
    for (const auto& one : plan.basis) {
        basis.push_back({{"what", base::printable(one.what)}, {"value", base::printable(one.value)}});
    }
    document["basis"] = std::move(basis);
    Json notes = Json::array();
    for (const auto& note : plan.notes) {
        notes.push_back(base::printable(note));
    }
    document["notChecked"] = std::move(notes);
    if (!plan.role.empty()) {
        document["role"] = plan.role;
    }
    return document;
}

std::string plan_diff(const model::Plan& plan) {
    std::string text;
    const auto add = [&text](const std::vector<ObjectChange>& objects) {
        for (const auto& object : objects) {
            if (object.kind == ObjectChange::Kind::remove) {
                text += "@@ " + name_of(object) + " @@\n-  all of it\n";
            } else if (!object.fields.empty()) {
                text += diff_text(object, uncut);
            }
        }
    };
    add(plan.objects);
    if (!plan.drift.empty()) {
        text += "What others have changed since the last deployment:\n";
        add(plan.drift);
    }
    return text;
}

}  // namespace report
