from django.urls import path

from apps.demo import views

urlpatterns = [
    path("", views.home, name="home"),
    path("demo/", views.demo, name="demo"),
    path("demo/product/<slug:slug>/", views.demo_product, name="demo-product"),
    path("demo/orders/", views.demo_orders, name="demo-orders"),
    path("demo/orders/token/<slug:person>/", views.demo_token, name="demo-token"),
    path("demo/help/", views.demo_help, name="demo-help"),
]
