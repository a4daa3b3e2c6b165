#include "plan/case.hpp"

#include <algorithm>
#include <charconv>

#include "plan/diff.hpp"
#include "plan/forecast.hpp"

namespace plan {
namespace {

constexpr int deepest = 64;

const Json& nothing() {
    static const Json null;
    return null;
}

base::Result<model::ObjectChange> change_of(const Trial& trial) {
    model::ObjectChange change{.object = trial.object, .fields = {}};
    if (trial.live.empty()) {
        change.kind = model::ObjectChange::Kind::create;
        TRY_ASSIGN(change.fields, fields_of(trial.manifest));
    } else if (!trial.applied.empty()) {
        TRY_ASSIGN(change.fields, diff(trial.live, trial.applied));
        change.kind = change.fields.empty() ? model::ObjectChange::Kind::none : model::ObjectChange::Kind::change;
    } else {
        // Refused: what it would be nobody says. What the chart sets otherwise is told as far as it goes.
        TRY_ASSIGN(change.fields, differing(trial.live, trial.manifest));
        change.kind = model::ObjectChange::Kind::change;
    }
    return change;
}

base::Result<Tried> read_trial(const Trial& trial) {
    Tried tried{.trial = trial, .wanted = {}, .live = {}, .change = {}};
    TRY_ASSIGN(tried.wanted, parse_object(trial.applied.empty() ? trial.manifest : trial.applied));
    if (!trial.live.empty()) {
        TRY_ASSIGN(tried.live, parse_object(trial.live));
    }
    TRY_ASSIGN(tried.change, change_of(trial));
    return tried;
}

// The one that is; for a new release the only one, or the one that is labelled so.
Tried* etcd_among(std::vector<Tried>& objects, const Facts& facts) {
    std::vector<Tried*> sets;
    for (auto& one : objects) {
        if (one.trial.object.kind == "StatefulSet" && (!facts.set || facts.set->meta.name == one.trial.object.name)) {
            sets.push_back(&one);
        }
    }
    if (sets.size() > 1) {
        std::erase_if(sets, [](const Tried* one) {
            const auto& labels = at(one->wanted, "metadata.labels");
            const auto label = [&labels](const char* key) {
                const auto found = labels.find(key);
                return labels.is_object() && found != labels.end() ? text(*found) : std::string();
            };
            return label("app.kubernetes.io/name") != "etcd" && label("app.kubernetes.io/component") != "etcd";
        });
    }
    return sets.size() == 1 ? sets.front() : nullptr;
}

// As the API server keeps it in a revision, and answers it: with a time of creation that is never there.
Json without_time(Json pod_template) {
    if (const auto meta = pod_template.find("metadata"); meta != pod_template.end() && meta->is_object()) {
        meta->erase("creationTimestamp");
    }
    return pod_template;
}

// Whose pods are what is asked for: Kubernetes makes no second revision of the same template.
std::vector<std::string> revisions_like(const Json& pod_template, const Facts& facts) {
    std::vector<std::string> names;
    const auto wanted = without_time(pod_template);
    for (const auto& revision : facts.revisions) {
        if (const auto known = parse_object(revision.pod_template); known && without_time(*known) == wanted) {
            names.push_back(revision.name);
        }
    }
    return names;
}

// A deployment that replaces members itself makes the set OnDelete before helm applies (operate/rolling_plan): what
// no dry run tells, since the API server takes it only then.
void add_strategy(model::ObjectChange& set, const Json& live) {
    constexpr const char* type = "spec.updateStrategy.type";
    auto field = std::ranges::find(set.fields, type, &model::FieldChange::path);
    if (field == set.fields.end()) {
        field = set.fields.insert(field, {.path = type, .before = text(at(live, type)), .after = {}});
    }
    field->after = "OnDelete";
    set.kind = model::ObjectChange::Kind::change;
}

bool becomes_on_delete(const Facts& facts) {
    return facts.is_orchestrated && facts.set && !facts.set->on_delete;
}

model::Forecast forecast_of(const Case& it) {
    Change change{
        .before = it.facts.set,
        .after = {.meta = {.name = it.set->trial.object.name},
                  .replicas = static_cast<std::int32_t>(it.replicas()),
                  .partition = static_cast<std::int32_t>(
                      number(it.set_field("spec.updateStrategy.rollingUpdate.partition")).value_or(0)),
                  .first_ordinal = static_cast<std::int32_t>(number(it.set_field("spec.ordinals.start")).value_or(0))},
        .fields = it.set->change.fields,
        .pods = it.facts.pods,
        .members = it.facts.members,
        .is_orchestrated = it.facts.is_orchestrated,
        .same_revisions = revisions_like(it.set_field("spec.template"), it.facts)};
    if (it.set->change.kind == model::ObjectChange::Kind::create) {
        change.fields.clear();  // nothing runs that could be restarted
    }
    if (becomes_on_delete(it.facts)) {
        change.before->partition = change.after.partition = 0;  // it goes with the strategy
    }
    return forecast(change);
}

}  // namespace

const Json& at(const Json& object, std::string_view path) {
    const auto* here = &object;
    while (!path.empty()) {
        const auto dot = path.find('.');
        if (!here->is_object()) {
            return nothing();
        }
        const auto found = here->find(std::string(path.substr(0, dot)));
        if (found == here->end()) {
            return nothing();
        }
        here = &*found;
        path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
    }
    return *here;
}

std::string text(const Json& value) {
    return value.is_string()                         ? value.get<std::string>()
           : value.is_number() || value.is_boolean() ? value.dump()
                                                     : std::string();
}

std::optional<std::int64_t> number(const Json& value) {
    if (value.is_number_integer()) {
        return value.get<std::int64_t>();
    }
    const auto written = text(value);
    std::int64_t read = 0;
    const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), read);
    const bool is_number = error == std::errc() && !written.empty() && end == written.data() + written.size();
    return is_number ? std::optional(read) : std::nullopt;
}

bool truth(const Json& value) {
    return text(value) == "true";
}

model::Labels labels_of(const Json& object) {
    model::Labels labels;
    for (const auto& [key, value] : object.items()) {
        labels[key] = text(value);
    }
    return labels;
}

std::string annotation(const Json& object, const std::string& name) {
    const auto& annotations = at(object, "metadata.annotations");
    const auto found = annotations.find(name);
    return annotations.is_object() && found != annotations.end() ? text(*found) : std::string();
}

bool are_among(const Json& wanted, const model::Labels& labels) {
    return std::ranges::all_of(labels_of(wanted), [&labels](const auto& label) {
        const auto found = labels.find(label.first);
        return found != labels.end() && found->second == label.second;
    });
}

base::Result<Json> parse_object(std::string_view written) {
    bool is_too_deep = false;
    auto object = Json::parse(
        written,
        [&is_too_deep](int depth, Json::parse_event_t /*event*/, Json& /*value*/) {
            is_too_deep = is_too_deep || depth > deepest;
            return !is_too_deep;
        },
        false);
    if (!object.is_object() || is_too_deep) {
        return base::fail(base::ErrorCode::protocol, is_too_deep ? "an object of Kubernetes is nested too deeply"
                                                                 : "an object of Kubernetes is no JSON object");
    }
    return object;
}

const Json& Case::value(std::string_view path) const {
    const auto& users = at(values, path);
    return users.is_null() ? at(defaults, path) : users;
}

const Json& Case::set_field(std::string_view path) const {
    return set == nullptr ? nothing() : at(set->wanted, path);
}

const Json& Case::live_field(std::string_view path) const {
    return set == nullptr ? nothing() : at(set->live, path);
}

const Json& Case::container() const {
    const auto& containers = set_field("spec.template.spec.containers");
    const Json* etcd = nullptr;
    for (const auto& one : containers) {
        if (etcd == nullptr || text(at(one, "name")) == "etcd") {
            etcd = &one;
        }
    }
    return etcd == nullptr ? nothing() : *etcd;
}

std::int64_t Case::replicas() const {
    return std::clamp<std::int64_t>(number(set_field("spec.replicas")).value_or(1), 0, 100000);
}

base::Result<Case> read_case(const Facts& facts) {
    Case it{.facts = facts, .values = {}, .defaults = {}, .objects = {}, .hooks = {}, .forecast = {}};
    TRY_ASSIGN(it.values, parse_object(facts.values));
    TRY_ASSIGN(it.defaults, parse_object(facts.chart.values.empty() ? "{}" : facts.chart.values));
    it.objects.reserve(facts.objects.size());
    for (const auto& trial : facts.objects) {
        TRY_ASSIGN(auto tried, read_trial(trial));
        it.objects.push_back(std::move(tried));
    }
    for (const auto& hook : facts.hooks) {
        TRY_ASSIGN(auto object, parse_object(hook.manifest));
        it.hooks.push_back(std::move(object));
    }
    if (auto* const set = etcd_among(it.objects, facts); set != nullptr) {
        if (becomes_on_delete(facts) && !set->live.is_null()) {
            add_strategy(set->change, set->live);
        }
        it.set = set;
        it.forecast = forecast_of(it);
    }
    return it;
}

}  // namespace plan
