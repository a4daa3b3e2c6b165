// How others connect: the endpoints, what else a client needs, and the file that was changed.
#include "base/text.hpp"
#include "report/commands.hpp"
#include "report/compose.hpp"
#include "report/limits.hpp"

namespace report {
namespace {

std::string quoted_yaml(const std::string& text) {
    return "\"" + base::replace_all(base::replace_all(text, "\\", "\\\\"), "\"", "\\\"") + "\"";
}

void add_secret(Line& line, const model::SecretKey& which) {
    line.push_back(code(which.key));
    line.push_back(plain(" of Secret "));
    line.push_back(code(which.secret));
}

std::optional<Bullets> what_clients_need(const model::ClientNeeds& needs) {
    Bullets bullets;
    if (needs.tls) {
        Line ca{plain("TLS: the addresses begin with "), code("https://"),
                plain("; the CA that signed the servers' certificates is ")};
        if (needs.ca) {
            add_secret(ca, *needs.ca);
        } else {
            ca.push_back(plain("one that the system trusts"));
        }
        bullets.items.push_back(std::move(ca));
    }
    if (needs.tls && needs.mutual_tls) {
        Line certificate{plain("a client certificate, signed by the CA that etcd trusts")};
        if (needs.certificate && needs.key) {
            certificate.push_back(plain("; the pods themselves use "));
            add_secret(certificate, *needs.certificate);
            certificate.push_back(plain(" with its key "));
            certificate.push_back(code(needs.key->key));
        }
        bullets.items.push_back(std::move(certificate));
    }
    if (needs.root_password) {
        Line login{plain("a user of etcd, when its authentication is on; root's password is ")};
        add_secret(login, *needs.root_password);
        bullets.items.push_back(std::move(login));
    }
    return bullets.items.empty() ? std::nullopt : std::optional(std::move(bullets));
}

void add_snippet(Section& section, const model::RunRecord& record) {
    const auto& value = record.backend_value.empty() ? base::join(record.endpoints, ",") : record.backend_value;
    section.blocks.emplace_back(
        Paragraph{{plain("For the backend, in "), code("deployments/backend/values.yaml"), plain(":")}});
    std::string text;
    std::string indentation;
    for (const auto& key : base::split(record.backend_path, '.')) {
        text += indentation + key + ":\n";
        indentation += "  ";
    }
    text += indentation + "- name: " + record.backend_variable + "\n";
    text += indentation + "  value: " + quoted_yaml(value) + "\n";
    section.blocks.emplace_back(Code{"yaml", std::move(text)});
}

}  // namespace

std::optional<Section> file_section(const model::RunRecord& record) {
    if (!record.file) {
        return std::nullopt;
    }
    const auto& file = *record.file;
    Section section{.title = "The backend's values", .blocks = {}};
    Line line{code(file.variable), plain(" in "), code(file.file + ":" + std::to_string(file.line))};
    switch (file.state) {
        case model::FileUpdate::State::fresh: line.push_back(plain(" is as it should be: nothing was written.")); break;
        case model::FileUpdate::State::stale: line.push_back(plain(" has to change so; nothing was written:")); break;
        case model::FileUpdate::State::updated: line.push_back(plain(" was changed; commit it:")); break;
    }
    section.blocks.emplace_back(Paragraph{std::move(line)});
    if (!file.diff.empty()) {
        section.blocks.emplace_back(Code{"diff", last_part(file.diff, longest_block)});
    }
    return section;
}

std::optional<Section> connect_section(const model::RunRecord& record) {
    if (record.action == model::Action::uninstall || record.endpoints.empty()) {
        return std::nullopt;
    }
    Section section{.title = "How to connect", .blocks = {}};
    Bullets bullets;
    Line endpoints{plain("each member, from within the cluster: ")};
    for (std::size_t i = 0; i < record.endpoints.size(); ++i) {
        endpoints.push_back(plain(i == 0 ? "" : ", "));
        endpoints.push_back(code(record.endpoints[i]));
    }
    bullets.items.push_back(std::move(endpoints));
    if (!record.service_address.empty()) {
        bullets.items.push_back({plain("any member: "), code(record.service_address)});
    }
    section.blocks.emplace_back(std::move(bullets));
    if (!record.file) {
        add_snippet(section, record);
    }
    if (auto needs = record.client ? what_clients_need(*record.client) : std::nullopt) {
        section.blocks.emplace_back(
            Paragraph{{plain("What the backend needs besides (a Secret of this namespace is copied, or "
                             "mounted where the backend runs in it):")}});
        section.blocks.emplace_back(std::move(*needs));
    }
    if (!record.service_address.empty()) {
        const auto service = record.service_address.substr(0, record.service_address.find_first_of(".:"));
        section.blocks.emplace_back(Paragraph{{plain("From a laptop, then at "), code("localhost:2379"), plain(":")}});
        section.blocks.emplace_back(Code{"sh", "kubectl port-forward -n " + shell_word(record.namespace_name) + " " +
                                                   shell_word("svc/" + service) + " 2379:2379\n"});
    }
    return section;
}

}  // namespace report
