package com.example;

import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

@SpringBootApplication
@RestController
public class BackEnd {
  public static void main(String[] arguments) {
    SpringApplication.run(BackEnd.class, arguments);
  }

  @GetMapping("/me")
  Map<String, String> me(@AuthenticationPrincipal Jwt session) {
    return Map.of("userid", session.getSubject());
  }

  @GetMapping("/report")
  @PreAuthorize("@permissions.has(principal, 'report:read')")
  Map<String, String> report(@AuthenticationPrincipal Jwt session) {
    return Map.of("report", "for " + session.getSubject());
  }
}
