"""The rewards of GRE's reinforcement stages, without further packages, for trainers in Python.

judge     1 where the verdict in the last answer block is the label
distance  2 / (1 + exp(d / theta)), d the WGS-84 geodesic to the truth; of a country the mean over its PLACES
format    1 where the whole completion is <think>…</think> <answer>…</answer>

They equal those of `gre train grpo` wherever an answer is written in one of the common notations: pairs, labels,
hemispheres, degrees and minutes, JSON fields, geo: and map coordinates. What else gre reads scores 0 here. The reward
"chain" needs gre's knowledge of the world: gre_rewards_http.py asks `gre rewards serve`.

verl: custom_reward_function.path=gre_rewards.py custom_reward_function.name=compute_score
TRL:  reward_funcs=[gre_rewards.distance_reward, gre_rewards.format_reward]
"""
import json
import math
import os
import re

# Of the recipe; gre train export writes them into gre_settings.json beside this file.
WEIGHTS = {"judge": 1.0, "distance": 1.0, "format": 1.0}
THETA_KM = 750.0
LEAST_COUNTRY_THETA_KM = 750.0
PLACES = {}  # country code -> [[latitude, longitude], ...]

_settings = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gre_settings.json")
if os.path.exists(_settings):
    with open(_settings, encoding="utf-8") as _file:
        _read = json.load(_file)
    WEIGHTS, THETA_KM, PLACES = _read["weights"], _read["theta_km"], _read["places"]

_MARK = re.compile(r"</?(?:think|answer)>", re.IGNORECASE)
_FORMAT = re.compile(r"<think>.*?</think>[ \t\n\r\f\v]*<answer>.*?</answer>", re.DOTALL)


def last_answer(completion):
    """The inside of the last complete <answer> block outside <think>; None without one."""
    state, begin, answer, thought = "outside", 0, None, False
    for mark in _MARK.finditer(completion):
        name = mark.group().lower()
        if state == "outside":
            if name == "<think>":
                state, thought = "thinking", True
            elif name == "<answer>":
                state, begin = "answer", mark.end()
            elif name == "</think>" and not thought:  # its opening mark stood in the prompt
                answer, thought = None, True
        elif state == "thinking":
            if name == "</think>":
                state = "outside"
        elif name == "</answer>":
            answer, state = completion[begin : mark.start()], "outside"
        elif name == "<answer>":
            begin = mark.end()
    return answer


_NUMBER = r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_ANGLE = (
    rf"({_NUMBER})\s*(?:[°º]|degrees?\b|deg\b)?"
    r"(?:\s*(\d+(?:\.\d+)?)\s*(?:'|′|’|min\b)(?:\s*(\d+(?:\.\d+)?)\s*(?:\"|″|”|''|sec\b))?)?"
)
_SIDE = r"(north|south|east|west|[nsew])(?![a-z])"
_LABEL = r"(?<![a-z])(latitude|longitude|lat|long|lon|lng|[纬緯经經]度)(?![a-z])[\"'’\s*]*[:=：]?[\"'\s]*"
_LABELLED = re.compile(rf"{_LABEL}{_ANGLE}\s*[\"']?\s*(?:{_SIDE})?", re.IGNORECASE)
_AFTER = re.compile(rf"{_ANGLE}\s*{_SIDE}", re.IGNORECASE)
_BEFORE = re.compile(rf"(?<![a-z]){_SIDE}\s*{_ANGLE}", re.IGNORECASE)
_LON_FIRST = re.compile(
    rf"(?:POINT\s*\(|\"coordinates\"\s*:\s*\[)\s*({_NUMBER})\s*[,\s]\s*({_NUMBER})", re.IGNORECASE
)
_PAIR = re.compile(rf"(?<![\w.])({_NUMBER})\s*°?\s*[,;/\s]\s*({_NUMBER})(?!\d)")
_COMMA_PAIR = re.compile(r"(?<![\d.])([+-]?\d+),(\d+)\s*;\s*([+-]?\d+),(\d+)")


def _angle(number, minutes, seconds, side):
    value = float(number)
    minutes, seconds = float(minutes or 0), float(seconds or 0)
    if minutes >= 60 or seconds >= 60:
        return None
    size = abs(value) + minutes / 60 + seconds / 3600
    if side:
        if number.startswith("-"):
            return None  # a sign and a side contradict or double each other
        return -size if side.lower()[0] in "sw" else size
    return -size if number.startswith("-") else size


def _by_axis(found):
    """(is_latitude, angle) items to a pair; None where one is missing or comes again otherwise."""
    values = {}
    for is_latitude, value in found:
        if value is None or values.setdefault(is_latitude, value) != value:
            return None
    return (values[True], values[False]) if len(values) == 2 else None


def parse_coordinates(text):
    """(latitude, longitude) of an answer, or None."""
    text = text.replace("−", "-").replace("–", "-")
    found = [
        (m.group(1).lower().startswith(("lat", "纬", "緯")), _angle(*m.group(2, 3, 4, 5)))
        for m in _LABELLED.finditer(text)
    ]
    pair = None
    if found:
        pair = _by_axis(found)
    else:
        after = [(m.group(4).lower()[0] in "ns", _angle(*m.group(1, 2, 3, 4))) for m in _AFTER.finditer(text)]
        before = [(m.group(1).lower()[0] in "ns", _angle(*m.group(2, 3, 4, 1))) for m in _BEFORE.finditer(text)]
        longitude_first = _LON_FIRST.search(text)
        comma = _COMMA_PAIR.search(text)
        if longitude_first:
            pair = (float(longitude_first.group(2)), float(longitude_first.group(1)))
        elif len(after) >= 2 or len(before) >= 2:
            pair = _by_axis(after if len(after) >= 2 else before)
        elif comma:
            a, b, c, d = comma.groups()
            pair = (float(f"{a}.{b}"), float(f"{c}.{d}"))
        else:
            plain = _PAIR.search(text)
            if plain:
                pair = (float(plain.group(1)), float(plain.group(2)))
    if pair is None or not all(map(math.isfinite, pair)):
        return None
    return pair if abs(pair[0]) <= 90 and abs(pair[1]) <= 180 else None


def distance_km(a, b):
    """WGS-84 geodesic (T. Vincenty, Survey Review 23, 1975); the great circle where that does not converge."""
    major, flattening = 6378.137, 1 / 298.257223563
    minor = major * (1 - flattening)
    if a == b:
        return 0.0
    u1 = math.atan((1 - flattening) * math.tan(math.radians(a[0])))
    u2 = math.atan((1 - flattening) * math.tan(math.radians(b[0])))
    difference = math.radians((b[1] - a[1] + 540) % 360 - 180)
    lam = difference
    sin1, cos1, sin2, cos2 = math.sin(u1), math.cos(u1), math.sin(u2), math.cos(u2)
    for _ in range(200):
        sin_sigma = math.hypot(cos2 * math.sin(lam), cos1 * sin2 - sin1 * cos2 * math.cos(lam))
        if sin_sigma == 0:
            return 0.0
        cos_sigma = sin1 * sin2 + cos1 * cos2 * math.cos(lam)
        sigma = math.atan2(sin_sigma, cos_sigma)
        sin_alpha = cos1 * cos2 * math.sin(lam) / sin_sigma
        cos2_alpha = 1 - sin_alpha**2
        cos_2m = cos_sigma - 2 * sin1 * sin2 / cos2_alpha if cos2_alpha > 1e-15 else 0.0
        c = flattening / 16 * cos2_alpha * (4 + flattening * (4 - 3 * cos2_alpha))
        before = lam
        lam = difference + (1 - c) * flattening * sin_alpha * (
            sigma + c * sin_sigma * (cos_2m + c * cos_sigma * (2 * cos_2m**2 - 1))
        )
        if abs(lam - before) < 1e-12 and abs(lam) <= math.pi:
            square = cos2_alpha * (major**2 - minor**2) / minor**2
            big_a = 1 + square / 16384 * (4096 + square * (-768 + square * (320 - 175 * square)))
            big_b = square / 1024 * (256 + square * (-128 + square * (74 - 47 * square)))
            delta = big_b * sin_sigma * (
                cos_2m
                + big_b / 4 * (
                    cos_sigma * (2 * cos_2m**2 - 1)
                    - big_b / 6 * cos_2m * (4 * sin_sigma**2 - 3) * (4 * cos_2m**2 - 3)
                )
            )
            return minor * big_a * (sigma - delta)
    haversine = (
        math.sin(math.radians(b[0] - a[0]) / 2) ** 2
        + math.cos(math.radians(a[0])) * math.cos(math.radians(b[0])) * math.sin(difference / 2) ** 2
    )
    return 2 * 6371.0088 * math.asin(math.sqrt(min(1.0, haversine)))


def _decay(kilometres, theta_km):
    decay = math.exp(-kilometres / theta_km)
    return 2 * decay / (1 + decay)


def score_distance(completion, truth, theta_km):
    answer = last_answer(completion)
    point = parse_coordinates(answer) if answer is not None else None
    if point is None:
        return 0.0
    if truth.get("latitude") is not None:
        return _decay(distance_km(point, (truth["latitude"], truth["longitude"])), theta_km)
    places = PLACES.get(truth.get("country_code") or "", [])
    if not places:
        return 0.0
    theta_km = max(theta_km, LEAST_COUNTRY_THETA_KM)
    return sum(_decay(distance_km(point, tuple(p)), theta_km) for p in places) / len(places)


def score_format(completion):
    return 1.0 if _FORMAT.fullmatch(completion) else 0.0


def score_judge(completion, label):
    answer = last_answer(completion)
    if answer is None or label is None:
        return 0.0
    answer = answer.strip(" \t\n\r\f\v")
    answer = (answer[:-1] if answer.endswith(".") else answer).lower()
    verdict = {"true": True, "yes": True, "truth": True, "false": False, "no": False}.get(answer)
    return 1.0 if verdict is not None and verdict == label else 0.0


def score(completion, truth, theta_km=None):
    """The parts of one completion's reward. truth: {"label"} or {"latitude", "longitude"} or {"country_code"}."""
    return {
        "judge": score_judge(completion, truth.get("label")),
        "distance": score_distance(completion, truth, THETA_KM if theta_km is None else theta_km),
        "format": score_format(completion),
    }


def compute_score(data_source, solution_str, ground_truth, extra_info=None):
    """verl's custom reward function; ground_truth is the truth as JSON."""
    truth = json.loads(ground_truth) if isinstance(ground_truth, str) else ground_truth
    parts = score(solution_str, truth)
    return {"score": sum(WEIGHTS.get(name, 0.0) * value for name, value in parts.items()), **parts}


def _text(completion):
    return completion if isinstance(completion, str) else completion[-1]["content"]


def _trl(part):
    def reward(completions, truth, **kwargs):
        truths = [json.loads(t) if isinstance(t, str) else t for t in truth]
        return [score(_text(c), t)[part] for c, t in zip(completions, truths)]

    reward.__name__ = f"{part}_reward"
    return reward


# TRL's reward functions; the data set has a column "truth".
judge_reward, distance_reward, format_reward = _trl("judge"), _trl("distance"), _trl("format")
