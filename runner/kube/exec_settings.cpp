#include "kube/exec_settings.hpp"

#include "base/text.hpp"
#include "kube/json.hpp"
#include "kube/yaml.hpp"

namespace kube {
namespace {

using base::ErrorCode;
using yaml::flag;
using yaml::refuse;
using yaml::scalar;

constexpr const char* other_way = "use a kubeconfig with a token or a client certificate (kubectl create token)";

YAML::Node list_of(const YAML::Node& parent, const std::string& key) {
    YAML::Node list = parent[key];
    if (!list || list.IsNull()) {
        return YAML::Node(YAML::NodeType::Sequence);
    }
    if (!list.IsSequence()) {
        refuse(list, key + " is no list");
    }
    return list;
}

// "--client-secret X" and "--client-secret=X".
void hide_secrets_in(const std::vector<std::string>& args, base::Redactor& redactor) {
    bool next_is_secret = false;
    for (const auto& argument : args) {
        if (next_is_secret) {
            redactor.add(argument);
        }
        const auto equals = argument.find('=');
        const bool names_one = base::names_a_secret(argument.substr(0, equals));
        if (names_one && equals != std::string::npos) {
            redactor.add(argument.substr(equals + 1));
        }
        next_is_secret = names_one && equals == std::string::npos && argument.starts_with('-');
    }
}

// v1beta1 has a default, v1 has none.
base::Result<void> check_mode(const std::string& mode, const ExecPlugin& plugin) {
    if (mode == "Always") {
        return base::fail(ErrorCode::refused,
                          "the kubeconfig's credential plugin asks at a terminal (interactiveMode: Always), and "
                          "nobody sits at one here",
                          other_way);
    }
    const bool may_be_absent = plugin.api_version.ends_with("/v1beta1");
    if (mode != "Never" && mode != "IfAvailable" && !(mode.empty() && may_be_absent)) {
        return base::fail(ErrorCode::bad_input, "the kubeconfig's exec has no valid interactiveMode",
                          "write interactiveMode: Never or IfAvailable");
    }
    return {};
}

// As kubectl makes JSON of it: what is not quoted may be a number, a truth value or null. With aliases a few lines can
// stand for gigabytes, and what is too long for a variable of the environment is of no use: so there is an end to it.
class Converter {
public:
    json::Value convert(const YAML::Node& node) {
        size_ += node.IsScalar() ? node.Scalar().size() + 1 : 1;
        if (size_ > largest || depth_ > deepest) {
            refuse(node, "an extension of the cluster is too large");
        }
        ++depth_;
        json::Value value;
        if (node.IsMap()) {
            value = json::Value::object();
            for (const auto& entry : node) {
                size_ += entry.first.Scalar().size();
                value[entry.first.Scalar()] = convert(entry.second);
            }
        } else if (node.IsSequence()) {
            value = json::Value::array();
            for (const auto& item : node) {
                value.push_back(convert(item));
            }
        } else if (node.IsScalar()) {
            value = scalar_of(node);
        }
        --depth_;
        return value;
    }

private:
    static constexpr std::size_t largest = std::size_t{64} << 10U;
    static constexpr int deepest = 64;

    static json::Value scalar_of(const YAML::Node& node) {
        std::int64_t whole = 0;
        double number = 0;
        bool truth = false;
        const bool is_plain = node.Tag() == "?";
        if (is_plain && YAML::convert<std::int64_t>::decode(node, whole)) {
            return whole;
        }
        if (is_plain && YAML::convert<double>::decode(node, number)) {
            return number;
        }
        if (is_plain && YAML::convert<bool>::decode(node, truth)) {
            return truth;
        }
        return node.Scalar();
    }

    std::size_t size_ = 0;
    int depth_ = 0;
};

}  // namespace

std::string read_cluster_config(const YAML::Node& cluster) {
    for (const auto& named : list_of(cluster, "extensions")) {
        if (scalar(named, "name") == "client.authentication.k8s.io/exec" && named["extension"]) {
            const auto config = Converter().convert(named["extension"]);
            return config.dump(-1, ' ', false, json::Value::error_handler_t::replace);
        }
    }
    return {};
}

base::Result<std::string> resolve(const std::optional<std::filesystem::path>& folder, const std::string& path,
                                  const std::string& key) {
    if (std::filesystem::path(path).is_absolute()) {
        return path;
    }
    if (!folder) {
        return base::fail(ErrorCode::bad_input,
                          "the kubeconfig was given as text, so its " + key + " " +
                              base::printable(base::shorten(path, 100)) + " counts from no folder",
                          "write an absolute path, or put the contents in (kubectl config view --raw --flatten)");
    }
    std::error_code error;
    const auto absolute = std::filesystem::absolute(*folder / path, error);
    return error ? (*folder / path).string() : absolute.lexically_normal().string();
}

base::Result<ExecPlugin> read_exec_settings(const YAML::Node& exec, const std::optional<std::filesystem::path>& folder,
                                            base::Redactor& redactor) {
    if (!exec.IsMap()) {
        refuse(exec, "exec is no mapping");
    }
    ExecPlugin plugin{.command = scalar(exec, "command"),
                      .args = {},
                      .variables = {},
                      .api_version = scalar(exec, "apiVersion"),
                      .install_hint = scalar(exec, "installHint"),
                      .wants_cluster = flag(exec, "provideClusterInfo")};
    if (plugin.api_version != "client.authentication.k8s.io/v1" &&
        plugin.api_version != "client.authentication.k8s.io/v1beta1") {
        return base::fail(ErrorCode::bad_input,
                          "the kubeconfig's exec has apiVersion '" +
                              base::printable(base::shorten(plugin.api_version, 100)) +
                              "', which is neither client.authentication.k8s.io/v1 nor …/v1beta1",
                          "renew the plugin, and the kubeconfig with it");
    }
    if (plugin.command.empty()) {
        return base::fail(ErrorCode::bad_input, "the kubeconfig's exec has no command");
    }
    TRY(check_mode(scalar(exec, "interactiveMode"), plugin));
    if (plugin.command.contains('/')) {
        TRY_ASSIGN(plugin.command, resolve(folder, plugin.command, "exec command"));
    }
    for (const auto& argument : list_of(exec, "args")) {
        if (!argument.IsScalar()) {
            refuse(argument, "an argument of exec is no text");
        }
        plugin.args.push_back(argument.Scalar());
    }
    hide_secrets_in(plugin.args, redactor);
    for (const auto& variable : list_of(exec, "env")) {
        const std::string name = scalar(variable, "name");
        if (name.empty() || name.contains('=') || name.contains('\0')) {
            refuse(variable, "a variable of exec has no valid name");
        }
        plugin.variables.emplace_back(name, scalar(variable, "value"));
        if (base::names_a_secret(name)) {
            redactor.add(plugin.variables.back().second);
        }
    }
    return plugin;
}

}  // namespace kube
