"""Damaged official files, by the hundred: a clear error or a valid layer, never a traceback."""

import random
import zipfile

import pytest

from layers.errors import LayerError
from layers.harmonise import on_communes
from layers.registry import LAYERS, OPTIONAL_LAYERS
from layers.spec import Layer

TEXTS = {
    "vacancy": "CODGEO_25;pp_vacant_24;pp_vacant_plus_2ans_24;pp_total_24\n"
    "44109;8 900;1 500;150 000\n44006;s;s;s\n1001;18;7;350\n",
    "housing_tension": "CODGEO;Zonage en vigueur depuis le 5 septembre 2025\n44109;B1\n44001;C\n",
    "job_seekers": "codgeo,YEAR,Demandeurs_Emploi\n44109,août_2024,37840\n44,août_2024,66000\n"
    "49018,août_2024,1630\n49018,août_2024,1630\n",
    "frr": "Code_insee;Classement FRR et FRR+ au 10 juillet 2025\n44109;Non classée\n44001;FRR+\n",
    "zonings": "DEPCOM,ZE2020,LIB_ZE2020,CATEAAV2020,LIB_AAV2020\n44109,5216,Nantes,11,Nantes\n",
    "prices": "city_code;dvf_nbtrans;dvf_pxm2_median;dvf_nbtrans_cod111;dvf_pxm2_median_cod111;"
    "dvf_nbtrans_cod121;dvf_pxm2_median_cod121\n44001;75;1804;74;1776;1;2742\n44002;0;;0;;0;\n",
    "station_traffic": "Nom de la gare;Code UIC;Total Voyageurs 2023\nNantes;87481002;17082588\n",
    "stations": "code_uic;libelle;fret;voyageurs;x_wgs84;y_wgs84\n87481002;Nantes;O;O;-1.5;47.2\n",
    "freight_sidings": "Raison_sociale;Etat_ITE;lon;lat\nCargill;Bon (voie);-2.2;47.28\n",
    "sewage_plants": "CdOuvrageDepollution;NomOuvrageDepollution;LatWGS84OuvrageDepollution;"
    "LongWGS84OuvrageDepollution;CdAgglomerationAssainissement;CdCommune;CapaciteNom;"
    "SomChrgMaxEntree;SomCapaNom;DateMiseServiceOuvrageDepollution\n"
    "A1;Chauvinière;47.98;0.17;G1;72181;365000;430663;393500;2003-06-01\n",
}
FEED = {
    "stops": "stop_id,stop_name,stop_lat,stop_lon\nA,Alpha,47.2,-1.5\nB,Bravo,47.3,-1.6\n",
    "routes": "route_id,route_type\nr1,3\n",
    "trips": "route_id,service_id,trip_id\nr1,Week,t1\n",
    "calendar_dates": "service_id,date,exception_type\nWeek,20261105,1\nWeek,20261110,1\n",
    "stop_times": "trip_id,departure_time,stop_id,stop_sequence\nt1,8:00:00,A,1\nt1,25:00:00,B,2\n",
    "frequencies": "trip_id,start_time,end_time,headway_secs\nt1,06:00:00,07:00:00,600\n",
}
TOKENS = (
    b"", b"\0", b'"', b";", b",", b"\n", b"\xff\xfe", b"\xe9", b"-9999", b"s", b"1e400", b"-1",
    b"99999999999999999999", b"\xc2\xa0", b"2A004", b"0", b"inf", b"24:61:00", b'"a\nb"',
)  # fmt: skip


def mutated(raw: bytes, rng: random.Random) -> bytes:
    data = bytearray(raw)
    for _ in range(rng.choice((1, 1, 2, 5))):
        i, kind = rng.randrange(len(data) + 1), rng.random()
        if kind < 0.3 and i < len(data):
            data[i] = rng.randrange(256)
        elif kind < 0.6:
            data[i : i + rng.randrange(8)] = rng.choice(TOKENS)
        elif kind < 0.7:
            del data[i:]
        elif kind < 0.85:
            data[i:i] = data[i : i + rng.randrange(40)]
        else:
            del data[i : i + rng.randrange(100)]
    return bytes(data)


def load(name, path):
    source = {**LAYERS, **OPTIONAL_LAYERS}[name]
    layer = source.load(path)
    return on_communes(layer, {"44109", "44001"}, source.rules) if source.rules else layer


def readable(name, path) -> bool:
    """Whether the file was read; its errors have a place and a message."""
    told = []
    try:
        layer = load(name, path)
    except LayerError as error:
        told = [problem.line() for problem in error.problems]
    else:
        assert isinstance(layer, Layer)
        return True
    assert told
    assert all(told)
    return False


@pytest.mark.parametrize("name", TEXTS)
def test_a_mutated_table_is_read_or_told(name, tmp_path):
    rng, raw = random.Random(name), TEXTS[name].encode()  # noqa: S311
    path = tmp_path / "data.csv"
    path.write_bytes(raw)
    assert readable(name, path)
    for _ in range(40):
        path.write_bytes(mutated(raw, rng))
        readable(name, path)


def test_a_mutated_feed_is_read_or_told(tmp_path):
    rng, path = random.Random(0), tmp_path / "feed.zip"  # noqa: S311
    for turn in range(80):
        chosen = rng.choice(list(FEED)) if turn else None
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in FEED.items():
                raw = text.encode()
                archive.writestr(f"{name}.txt", mutated(raw, rng) if name == chosen else raw)
        if rng.random() < 0.1 and turn:
            path.write_bytes(mutated(path.read_bytes(), rng))
        assert readable("public_transport_stops", path) or turn
