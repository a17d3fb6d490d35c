"""The rewards of `gre rewards serve`, all parts, for trainers in Python; no further packages.

    gre rewards serve --theta-km 750 --weights distance=1,format=1,chain=0.2
    GRE_REWARDS_URL=http://127.0.0.1:8150/rewards (the default)

verl: custom_reward_function.path=gre_rewards_http.py custom_reward_function.name=compute_score
TRL:  reward_funcs=[gre_rewards_http.gre_reward]
"""
import json
import os
import time
import urllib.error
import urllib.request

URL = os.environ.get("GRE_REWARDS_URL", "http://127.0.0.1:8150/rewards")


def ask(completions, truths, attempts=5):
    body = json.dumps({"completions": completions, "truths": truths}).encode()
    for attempt in range(attempts):
        request = urllib.request.Request(URL, data=body, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:  # the service says what is wrong
            raise RuntimeError(f"{URL}: {error.read().decode(errors='replace')}") from error
        except OSError:
            if attempt + 1 == attempts:
                raise
            time.sleep(2**attempt)


def compute_score(data_source, solution_str, ground_truth, extra_info=None):
    reply = ask([solution_str], [ground_truth])
    return {"score": reply["rewards"][0], **reply["parts"][0]}


def gre_reward(completions, truth, **kwargs):
    return ask(completions, truth)["rewards"]
