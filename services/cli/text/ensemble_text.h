// Several replicas seen together, for people and as rows.
#ifndef LAWINE_SERVICES_CLI_TEXT_ENSEMBLE_TEXT_H_
#define LAWINE_SERVICES_CLI_TEXT_ENSEMBLE_TEXT_H_

#include <string>

#include "absl/status/status.h"
#include "lawine/v1/simulation.pb.h"
#include "services/cli/files/output_file.h"

namespace lawine::cli {

// "In 1,000 realisations the message reached ...". REQUIRES: result.has_ensemble(), as below.
std::string EnsembleSentence(const v1::RunResult& result);
// Share of replicas that died out, for a cell; "-" where the first audience is too large a part of all to
// tell.
std::string DiedOutCell(const v1::Ensemble& ensemble);
// Whether the mean is as well known as was asked for, and whether too few replicas differ; empty when nothing
// was asked for and enough differ.
std::string PrecisionSentence(const v1::Ensemble& ensemble);
// A column a measure, a row a statistic.
std::string EnsembleTable(const v1::Ensemble& ensemble, const v1::Scenario& scenario, bool color);
// How many replicas reached how many members, with bars.
std::string ReachHistogram(const v1::Ensemble& ensemble, bool color);

// CSV: replica,reach,deliveries,forwards,duplicates,steps,digest,reason, then a column for each counted rate;
// a row a replica, also of a single one.
absl::Status WriteReplicas(const v1::RunResult& result, OutputFile& file);

}  // namespace lawine::cli

#endif  // LAWINE_SERVICES_CLI_TEXT_ENSEMBLE_TEXT_H_
