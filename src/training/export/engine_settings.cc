#include "training/export/engine_settings.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/strings.h"

namespace gre {
namespace {

std::string Text(const std::string& value) { return nlohmann::json(value).dump(); }
std::string Value(bool value) { return value ? "true" : "false"; }
std::string Value(int64_t value) { return std::to_string(value); }
std::string Value(double value) {
  // YAML 1.1 reads 1e-05 as a text
  std::string text = FormatShortest(value);
  const size_t exponent = text.find('e');
  if (exponent != std::string::npos && text.find('.') == std::string::npos) {
    text.insert(exponent, ".0");
  }
  return text;
}

class Collector {
 public:
  void Set(std::string key, std::string value, std::string meaning) {
    all_.settings.push_back({std::move(key), std::move(value), std::move(meaning)});
  }
  void Without(std::string what) { all_.without.push_back(std::move(what)); }
  EngineSettings Take() && { return std::move(all_); }

  // What transformers' TrainingArguments call so: LLaMA-Factory's and TRL's alike.
  void TransformersArguments(const TuningConfig& config, int64_t per_pass) {
    const auto& optim = config.optim;
    Set("output_dir", Text("out"), "checkpoint.directory");
    Set("per_device_train_batch_size", Value(per_pass), "optim.micro_batch_size; a device");
    Set("gradient_accumulation_steps",
        Value(std::max<int64_t>(1, optim.batch_size / optim.micro_batch_size)),
        "optim.batch_size / micro_batch_size, on one device: divide it by the number of devices");
    Set("learning_rate", Value(optim.learning_rate), "optim.learning_rate");
    Set("lr_scheduler_type", Text(optim.shape), "optim.shape");
    Set("warmup_ratio", Value(optim.warmup_ratio), "optim.warmup_ratio");
    Set("adam_beta1", Value(optim.adamw.beta1), "optim.beta1");
    Set("adam_beta2", Value(optim.adamw.beta2), "optim.beta2");
    Set("adam_epsilon", Value(optim.adamw.epsilon), "optim.epsilon");
    Set("weight_decay", Value(optim.adamw.weight_decay), "optim.weight_decay");
    Set("max_grad_norm", Value(optim.adamw.clip_norm), "optim.clip_norm; 0: off");
    Set("bf16", Value(config.model.dtype != "float32"), "model.dtype");
    Set("seed", Value(static_cast<int64_t>(config.schedule.seed)),
        "schedule.seed; the order of the records differs all the same");
    Set("logging_steps", "1", "a line an update, as ours");
    Set("save_steps", Value(std::max<int64_t>(1, config.checkpoint.every_steps)),
        "checkpoint.every_steps");
    Set("save_total_limit", Value(int64_t{config.checkpoint.keep}), "checkpoint.keep");
  }

  void TrlLora(const TuningConfig& config) {
    if (config.full()) return;
    Set("peft_r", Value(config.lora.rank), "lora.rank");
    Set("peft_lora_alpha", Value(config.lora.alpha), "lora.alpha");
    Set("peft_lora_dropout", Value(config.lora.dropout), "lora.dropout");
    Set("peft_use_rslora", Value(config.lora.rank_stabilised), "lora.rank_stabilised");
    Set("peft_target_modules", Targets(config),
        "lora.targets, in the language model alone: a regular expression");
  }

  static std::string Targets(const TuningConfig& config) {
    std::string names;
    for (const std::string& target : config.lora.targets) {
      names += Concat({names.empty() ? "" : "|", target});
    }
    return Text(Concat({"^(?!.*visual).*\\.(", names, ")$"}));
  }

  void Common(const TuningConfig& config) {
    if (!config.model.adapter.empty()) {
      Without(Concat({"model.adapter = ", config.model.adapter,
                      ": merge it into the base first, or load it where the engine does"}));
    }
    Without(
        Concat({"data.cutoff_tokens: the data here is of all records; what is longer is left "
                "out by gre and cut or filtered by the engine"}));
    Without("optim.clip_norm and the schedule count as the engine's own optimiser does");
  }

 private:
  EngineSettings all_;
};

}  // namespace

EngineSettings LlamaFactorySettings(const TuningConfig& config) {
  Collector out;
  out.Set("model_name_or_path", Text(config.model.base), "model.base");
  if (config.model.max_pixels > 0) {
    out.Set("image_max_pixels", Value(config.model.max_pixels),
            "model.max_pixels; LLaMA-Factory resizes once more before the processor");
  }
  out.Set("stage", "sft", "supervised fine-tuning");
  out.Set("do_train", "true", "");
  out.Set("finetuning_type", config.method, "tune.method");
  if (config.full()) {
    out.Set("freeze_vision_tower", Value(!config.parts.vision), "tune.vision");
    out.Set("freeze_multi_modal_projector", Value(!config.parts.merger), "tune.merger");
    out.Set("freeze_language_model", Value(!config.parts.language), "tune.language");
  } else {
    out.Set("lora_rank", Value(config.lora.rank), "lora.rank");
    out.Set("lora_alpha", Value(static_cast<int64_t>(config.lora.alpha)), "lora.alpha");
    out.Set("lora_dropout", Value(config.lora.dropout), "lora.dropout");
    out.Set("use_rslora", Value(config.lora.rank_stabilised), "lora.rank_stabilised");
    out.Set("lora_target", config.lora_targets, "lora.targets");
  }
  out.Set("dataset", "gre_train", "data.train, in dataset_info.json");
  out.Set("dataset_dir", ".", "this folder");
  out.Set("template", "qwen2_vl", "the chat template");
  out.Set("cutoff_len", Value(config.data.cutoff_tokens),
          "data.cutoff_tokens; LLaMA-Factory cuts what is longer, gre leaves it out");
  out.Set("num_train_epochs", Value(int64_t{config.schedule.epochs}), "schedule.epochs");
  out.Set("disable_gradient_checkpointing", Value(!config.optim.checkpoint_activations),
          "optim.checkpoint_activations");
  out.TransformersArguments(config, config.optim.micro_batch_size);
  out.Without("the loss is a mean over micro-batches there, over all tokens of an update here");
  out.Common(config);
  return std::move(out).Take();
}

EngineSettings TrlSftSettings(const TuningConfig& config) {
  Collector out;
  out.Set("num_train_epochs", Value(int64_t{config.schedule.epochs}), "schedule.epochs");
  out.Set("max_length", "null", "nothing is cut: images would lose tokens");
  out.Set("completion_only_loss", "true", "prompts are not learnt");
  out.Set("gradient_checkpointing", Value(config.optim.checkpoint_activations),
          "optim.checkpoint_activations");
  out.TransformersArguments(config, config.optim.micro_batch_size);
  out.TrlLora(config);
  if (config.full()) {
    out.Without("tune.vision, tune.merger, tune.language: freeze modules in train.py");
  }
  out.Common(config);
  return std::move(out).Take();
}

EngineSettings TrlGrpoSettings(const GrpoConfig& config) {
  const TuningConfig& tuning = config.tuning;
  Collector out;
  out.Set("num_generations", Value(int64_t{config.group_size}), "grpo.group_size");
  out.Set("max_completion_length", Value(int64_t{config.max_new_tokens}), "grpo.max_new_tokens");
  out.Set("max_prompt_length", "null", "nothing is cut: images would lose tokens");
  out.Set("max_steps", Value(config.updates * config.iterations), "grpo.updates x grpo.iterations");
  out.Set("num_iterations", Value(int64_t{config.iterations}), "grpo.iterations");
  out.Set("temperature", Value(config.temperature), "grpo.temperature");
  out.Set("top_p", Value(config.top_p), "grpo.top_p");
  out.Set("top_k", Value(int64_t{config.top_k}), "grpo.top_k; 0: off");
  out.Set("beta", Value(config.beta), "grpo.beta");
  out.Set("epsilon", Value(config.epsilon_low), "grpo.epsilon_low");
  out.Set("epsilon_high", Value(config.epsilon_high), "grpo.epsilon_high");
  out.Set("loss_type", Text(config.loss), "grpo.loss");
  out.Set("scale_rewards", Text(config.scale), "grpo.scale");
  out.Set("importance_sampling_level", Text(config.importance), "grpo.importance");
  out.Set("mask_truncated_completions", Value(config.mask_truncated), "grpo.mask_truncated");
  out.Set("gradient_checkpointing", Value(tuning.optim.checkpoint_activations),
          "optim.checkpoint_activations");
  out.TransformersArguments(tuning, int64_t{tuning.optim.micro_batch_size} * config.group_size);
  out.TrlLora(tuning);
  if (config.resample > 0) out.Without("grpo.resample: TRL keeps groups without spread");
  if (config.curriculum.last_km < config.theta_km) {
    out.Without("rewards.theta_last_km: theta stays what gre_settings.json says");
  }
  out.Common(tuning);
  return std::move(out).Take();
}

EngineSettings VerlSettings(const GrpoConfig& config) {
  const TuningConfig& tuning = config.tuning;
  const int64_t per_pass = int64_t{tuning.optim.micro_batch_size} * config.group_size;
  const auto flag = [](bool value) { return std::string(value ? "True" : "False"); };
  Collector out;
  out.Set("algorithm.adv_estimator", "grpo", "rewards less their group's mean");
  out.Set("algorithm.norm_adv_by_std_in_grpo", flag(config.scale != "none"), "grpo.scale");
  out.Set("algorithm.use_kl_in_reward", "False", "the KL is in the loss");
  out.Set("data.train_files", "train.parquet", "data.train");
  out.Set("data.val_files", "train.parquet", "verl wants one; give photos apart");
  out.Set("data.image_key", "images", "");
  out.Set("data.train_batch_size", Value(int64_t{tuning.optim.batch_size}),
          "optim.batch_size: prompts an update, of all devices");
  out.Set("data.max_prompt_length",
          Value(std::max<int64_t>(1, tuning.data.cutoff_tokens - config.max_new_tokens)),
          "data.cutoff_tokens less grpo.max_new_tokens");
  out.Set("data.max_response_length", Value(int64_t{config.max_new_tokens}), "grpo.max_new_tokens");
  out.Set("data.filter_overlong_prompts", "True", "left out, never cut");
  out.Set("data.truncation", "error", "");
  out.Set("data.seed", Value(static_cast<int64_t>(tuning.schedule.seed)), "schedule.seed");
  const std::string actor = "actor_rollout_ref.actor.";
  out.Set("actor_rollout_ref.model.path", tuning.model.base, "model.base");
  out.Set("actor_rollout_ref.model.enable_gradient_checkpointing",
          flag(tuning.optim.checkpoint_activations), "optim.checkpoint_activations");
  if (!tuning.full()) {
    out.Set("actor_rollout_ref.model.lora_rank", Value(tuning.lora.rank), "lora.rank");
    out.Set("actor_rollout_ref.model.lora_alpha", Value(static_cast<int64_t>(tuning.lora.alpha)),
            "lora.alpha");
    std::string targets;
    for (const std::string& target : tuning.lora.targets) {
      targets += Concat({targets.empty() ? "[" : ",", target});
    }
    out.Set("actor_rollout_ref.model.target_modules", targets + "]", "lora.targets");
    out.Set("actor_rollout_ref.model.exclude_modules", ".*visual.*", "the language model alone");
    out.Set("actor_rollout_ref.rollout.load_format", "safetensors", "LoRA needs the base there");
  }
  out.Set(actor + "optim.lr", Value(tuning.optim.learning_rate), "optim.learning_rate");
  out.Set(actor + "optim.lr_warmup_steps_ratio", Value(tuning.optim.warmup_ratio),
          "optim.warmup_ratio");
  out.Set(actor + "optim.weight_decay", Value(tuning.optim.adamw.weight_decay),
          "optim.weight_decay");
  out.Set(actor + "grad_clip", Value(tuning.optim.adamw.clip_norm), "optim.clip_norm");
  out.Set(actor + "ppo_mini_batch_size", Value(int64_t{tuning.optim.batch_size}),
          "one step a pass over the batch");
  out.Set(actor + "ppo_epochs", Value(int64_t{config.iterations}), "grpo.iterations");
  out.Set(actor + "ppo_micro_batch_size_per_gpu", Value(per_pass),
          "optim.micro_batch_size x grpo.group_size: memory");
  out.Set(actor + "use_kl_loss", flag(config.beta > 0), "grpo.beta > 0");
  out.Set(actor + "kl_loss_coef", Value(config.beta), "grpo.beta");
  out.Set(actor + "kl_loss_type", "low_var_kl", "exp(d) - d - 1, as ours");
  out.Set(actor + "clip_ratio_low", Value(config.epsilon_low), "grpo.epsilon_low");
  out.Set(actor + "clip_ratio_high", Value(config.epsilon_high), "grpo.epsilon_high");
  out.Set(actor + "entropy_coeff", "0", "");
  std::string reduction = "token-mean";
  if (config.loss == "grpo") reduction = "seq-mean-token-mean";
  if (config.loss == "dr_grpo") reduction = "seq-mean-token-sum-norm";
  out.Set(actor + "loss_agg_mode", reduction, "grpo.loss = " + config.loss);
  if (config.importance == "sequence") {
    out.Set(actor + "policy_loss.loss_mode", "gspo", "grpo.importance = sequence");
  }
  out.Set("actor_rollout_ref.rollout.name", "vllm", "the server of the rollouts");
  out.Set("actor_rollout_ref.rollout.n", Value(int64_t{config.group_size}), "grpo.group_size");
  out.Set("actor_rollout_ref.rollout.temperature", Value(config.temperature), "grpo.temperature");
  out.Set("actor_rollout_ref.rollout.top_p", Value(config.top_p), "grpo.top_p");
  out.Set("actor_rollout_ref.rollout.top_k", config.top_k > 0 ? Value(int64_t{config.top_k}) : "-1",
          "grpo.top_k; -1: off");
  out.Set("actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu", Value(per_pass), "memory");
  out.Set("actor_rollout_ref.ref.log_prob_micro_batch_size_per_gpu", Value(per_pass), "memory");
  out.Set("trainer.total_training_steps", Value(config.updates), "grpo.updates");
  out.Set("trainer.save_freq", Value(std::max<int64_t>(1, tuning.checkpoint.every_steps)),
          "checkpoint.every_steps");
  out.Set("trainer.default_local_dir", "out", "checkpoint.directory");
  out.Set("trainer.n_gpus_per_node", "1", "yours");
  out.Set("trainer.nnodes", "1", "yours");
  if (config.scale == "batch")
    out.Without("grpo.scale = batch: verl divides by the group's deviation");
  if (config.loss == "dapo" || config.loss == "bnpo") {
    out.Without("grpo.loss = dapo and bnpo: both become a mean over the tokens of a mini-batch");
  }
  if (config.mask_truncated) out.Without("grpo.mask_truncated");
  if (!tuning.full() && tuning.lora.dropout > 0) out.Without("lora.dropout: verl has none");
  if (config.resample > 0) out.Without("grpo.resample: see verl's DAPO recipe (filter_groups)");
  if (config.curriculum.last_km < config.theta_km) {
    out.Without("rewards.theta_last_km: theta stays what gre_settings.json says");
  }
  if (tuning.optim.shape == "linear") {
    out.Without("optim.shape = linear: verl has constant (its default) and cosine");
  } else {
    out.Set(actor + "optim.lr_scheduler_type", tuning.optim.shape, "optim.shape");
  }
  out.Set(actor + "optim.betas",
          Concat({"[", FormatShortest(tuning.optim.adamw.beta1), ",",
                  FormatShortest(tuning.optim.adamw.beta2), "]"}),
          "optim.beta1, optim.beta2");
  if (tuning.model.max_pixels > 0) {
    out.Without(Concat({"model.max_pixels = ", Value(tuning.model.max_pixels),
                        ": stands in the data, with each image"}));
  }
  out.Common(tuning);
  return std::move(out).Take();
}

}  // namespace gre
