import time, pytest
pytestmark = pytest.mark.stack
S='''
import time
a=time.perf_counter()
from django.db import transaction
from apps.knowledge.services import knowledge_changed
from apps.sites.models import Site
print("import", time.perf_counter()-a); a=time.perf_counter()
with transaction.atomic():
    knowledge_changed(site_ids=[Site.objects.get(key="demo").pk])
print("changed", time.perf_counter()-a)
a=time.perf_counter()
with transaction.atomic():
    knowledge_changed(site_ids=[Site.objects.get(key="demo").pk])
print("changed", time.perf_counter()-a)
'''
def test_x(servers):
    for u in ("unix:///nowhere/x.sock", servers.redis_url, "redis://127.0.0.1:1/0"):
        a=time.perf_counter()
        print(servers.manage("shell","-c",S,REDIS_URL=u), time.perf_counter()-a)
