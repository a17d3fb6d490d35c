"""The numbers of small_goldens.py that need no model: distances and rewards."""

import math
import random
import re

from geographiclib.geodesic import Geodesic


def geodesic_km(a, b):
    return Geodesic.WGS84.Inverse(*a, *b)["s12"] / 1000


def haversine_km(a, b, radius_km):
    (lat1, lon1), (lat2, lon2) = ([math.radians(x) for x in point] for point in (a, b))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * radius_km * math.asin(min(1.0, math.sqrt(h)))


def distances():
    draw = random.Random(7)

    def anywhere():
        return math.degrees(math.asin(draw.uniform(-1, 1))), draw.uniform(-180, 180)

    def near(point, degrees):
        return max(-90, min(90, point[0] + draw.uniform(-degrees, degrees))), point[1] + draw.uniform(-degrees, degrees)

    pairs = [(anywhere(), anywhere()) for _ in range(28)]
    for degrees in (1e-4, 1e-2, 0.5):
        for _ in range(3):
            point = anywhere()
            pairs.append((point, near(point, degrees)))
    for _ in range(10):  # nearly antipodal, where series for the geodesic fail
        lat, lon = anywhere()
        pairs.append(((lat, lon), near((-lat, lon - 180 if lon > 0 else lon + 180), 0.6)))
    pairs += [((0, 0), (0, 0)), ((0, 0), (0, 90)), ((0, 0), (0, 179.7)), ((0, 0), (0.5, 179.7)), ((90, 0), (-90, 0)),
              ((90, 0), (90, 120)), ((-90, 5), (-89.5, 100)), ((10, 179.9), (10, -179.9)), ((-17, 180), (-17, -180)),
              ((60, -180), (60, 170)), ((-33.9, 18.4), (40.7, -74)), ((48.8584, 2.2945), (35.6762, 139.6503)),
              ((89.9, 0), (89.9, 180))]
    return {"columns": ["lat1", "lon1", "lat2", "lon2", "wgs84_geodesic_km", "haversine_km_R6371",
                        "haversine_km_R6378_137"],
            "rows": [[*a, *b, geodesic_km(a, b), haversine_km(a, b, 6371.0), haversine_km(a, b, 6378.137)]
                     for a, b in pairs]}


def answered(text):
    return f"<think>t</think><answer>{text}</answer>"


# reply, and the place that a reader finds in its answer block
PARSED = [
    (answered("48.8584, 2.2945"), (48.8584, 2.2945)),
    (answered("Latitude: -33.9249, Longitude: 18.4241"), (-33.9249, 18.4241)),
    (answered("Longitude: 18.4241, Latitude: -33.9249"), (-33.9249, 18.4241)),
    (answered('{"lat": 35.6762, "lon": 139.6503}'), (35.6762, 139.6503)),
    (answered("40.7128° N, 74.0060° W"), (40.7128, -74.006)),
    (answered("51°30'36\"N, 0°7'30\"W"), (51.51, -0.125)),
    (answered("12° 30' S, 45° 15' E"), (-12.5, 45.25)),
    (answered("Lisbon, Portugal: 38.7223, -9.1393"), (38.7223, -9.1393)),
    (answered("48,8584; 2,2945"), (48.8584, 2.2945)),
    (answered("(−33.4489, −70.6693)"), (-33.4489, -70.6693)),
    (answered("纬度: 39.9042, 经度: 116.4074"), (39.9042, 116.4074)),
    (answered("geo:52.52,13.405"), (52.52, 13.405)),
    (answered("POINT(13.405 52.52)"), (52.52, 13.405)),
    (answered("0, 0"), (0, 0)),
    (answered("90, -180"), (90, -180)),
    (answered("1, 2") + "\n" + answered("3, 4"), (3, 4)),
    ("<think>maybe <answer>9, 9</answer></think><answer>10, 11</answer>", (10, 11)),
    (answered("91, 10"), None),
    (answered("10, 181"), None),
    (answered("48.8584"), None),
    (answered("nan, 10"), None),
    (answered("No GPS data available"), None),
    (answered(""), None),
    ("<think>48.8584, 2.2945</think>", None),
]

WELL_FORMED = re.compile(r"<think>.*?</think>\s*<answer>.*?</answer>", re.DOTALL)

VERDICTS = [("True", "True", 1), ("False", "True", 0), (" true ", "True", 1), ("Yes.", "True", 1), ("no", "False", 1),
            ("False", "False", 1), ("", "True", 0), ("not true", "False", 0), ("True False", "True", 0)]


def rewards():
    """Distance reward 2 / (1 + exp(d / theta)) on the WGS84 geodesic, 0 without a place; format reward: the whole
    reply is one thought and one answer; judge reward: the verdict is the label."""
    rows = []
    for completion, place in PARSED:
        for truth in ((48.8584, 2.2945), (-33.0, 18.0), (39.9, 116.4)):
            for theta_km in (25.0, 75.6, 750.0):
                decay = math.exp(-geodesic_km(place, truth) / theta_km) if place else 0
                rows.append({"completion": completion, "truth": truth, "theta_km": theta_km,
                             "geo_reward": 2 * decay / (1 + decay),
                             "format_reward": float(bool(WELL_FORMED.fullmatch(completion)))})
    return {"parse": [{"completion": completion, "latitude": place and place[0], "longitude": place and place[1]}
                      for completion, place in PARSED],
            "rewards": rows,
            "judge": [{"completion": answered(verdict), "label": label, "reward": float(reward)}
                      for verdict, label, reward in VERDICTS]}
