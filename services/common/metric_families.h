// Figures that are looked up when somebody asks for them, in Prometheus' form.
#ifndef LAWINE_SERVICES_COMMON_METRIC_FAMILIES_H_
#define LAWINE_SERVICES_COMMON_METRIC_FAMILIES_H_

#include <prometheus/metric_family.h>

#include <string>
#include <utility>
#include <vector>

namespace lawine {

using MetricFamilies = std::vector<prometheus::MetricFamily>;

// One figure of a family; labels tell it from the others. A family without figures is left out.
struct MetricValue {
  double value = 0;
  std::vector<std::pair<std::string, std::string>> labels = {};
};

inline void AddFamily(MetricFamilies& families, const std::string& name, const std::string& help,
                      prometheus::MetricType type, const std::vector<MetricValue>& values) {
  if (values.empty()) return;
  prometheus::MetricFamily family{.name = name, .help = help, .type = type, .metric = {}};
  for (const MetricValue& value : values) {
    prometheus::ClientMetric metric;
    for (const auto& [label, text] : value.labels) metric.label.push_back({label, text});
    if (type == prometheus::MetricType::Counter) {
      metric.counter.value = value.value;
    } else {
      metric.gauge.value = value.value;
    }
    family.metric.push_back(std::move(metric));
  }
  families.push_back(std::move(family));
}

inline void AddGauges(MetricFamilies& families, const std::string& name, const std::string& help,
                      const std::vector<MetricValue>& values) {
  AddFamily(families, name, help, prometheus::MetricType::Gauge, values);
}

inline void AddCounters(MetricFamilies& families, const std::string& name, const std::string& help,
                        const std::vector<MetricValue>& values) {
  AddFamily(families, name, help, prometheus::MetricType::Counter, values);
}

}  // namespace lawine

#endif  // LAWINE_SERVICES_COMMON_METRIC_FAMILIES_H_
